// What the JavaScript clients share: the emulator's other side, and the cases of the list that one call can ask.
// It is no test runner: a client's program says what it does, this counts.

import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";

export const url = process.env.EMULATOR_URL;
const SIZES = [16 * 1024 * 1024, 20_971_520];
const LEAST_CASES = 40;

async function control(method, path, body = "") {
  const reply = await fetch(`${url}/control/${path}`, { method, body: body || undefined });
  if (!reply.ok) throw new Error(`${method} ${path}: ${await reply.text()}`);
  return reply.json();
}

/** Two new bots that are administrators of four new chats. */
async function newNames() {
  const { bots } = await control("POST", "bots", '{"count":2}');
  const names = {
    token: bots[0].token,
    bot: String(bots[0].id),
    other_token: bots[1].token,
    other_bot: String(bots[1].id),
  };
  const kinds = { chat: "channel", group: "group", supergroup: "supergroup", private: "private" };
  for (const [name, kind] of Object.entries(kinds)) {
    const chat = { kind, title: "Parts", members: bots.map((bot) => bot.id) };
    names[name] = String((await control("POST", "chats", JSON.stringify(chat))).chats[0].id);
  }
  return names;
}

function fill(text, names) {
  for (const [name, value] of Object.entries(names)) text = text.replaceAll(`{${name}}`, value);
  return text;
}

function isForClients(listed) {
  const call = listed.calls.at(-1);
  // Clients name attachments themselves.
  const attached = JSON.stringify(call).includes("attach://");
  const plain = listed.calls.length === 1 && !call.path && !call.raw && !call.repeat && !attached;
  const refused = listed.status >= 400 && listed.body.startsWith("{") && !listed.body.includes("<");
  return plain && refused && call.method !== "sendNothing";
}

async function prepare(steps, names) {
  for (const [method, path, body] of steps ?? []) await control(method, fill(path, names), fill(body, names));
}

function difference(error, expected, ownWords) {
  const came = { error_code: error.code, description: error.description, parameters: error.parameters };
  const same =
    came.error_code === expected.error_code &&
    (ownWords || came.description === expected.description) &&
    Object.entries(expected.parameters ?? {}).every(([name, value]) => came.parameters?.[name] === value);
  return same ? null : JSON.stringify(came);
}

/**
 * Asks all. A client has `upload(token, chat, bytes, name)`, `download(token, fileId)`, `call(token, method, params)` and
 * `file(bytes, name)`; what `call` throws has `code`, `description` and `parameters`. Where it `hasOwnWords(status)` it
 * does not pass the description on.
 */
export async function run(client) {
  let passed = 0;
  let failed = 0;
  const check = (name, wrong) => {
    if (wrong === null) {
      passed += 1;
    } else {
      failed += 1;
      console.log(`FAILED ${client.name}: ${name}: ${wrong}`);
    }
  };
  const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
  for (const size of SIZES) {
    const names = await newNames();
    const bytes = randomBytes(size);
    const message = await client.upload(names.token, names.chat, bytes, "part.bin");
    const back = await client.download(names.token, message.document.file_id);
    check(`${size} bytes there and back`, sha256(back) === sha256(bytes) ? null : `${back.length} other bytes`);
  }
  const lines = readFileSync(process.env.EMULATOR_CASES, "utf8").split("\n").filter(Boolean);
  const asked = lines.map((line) => JSON.parse(line)).filter(isForClients);
  for (const listed of asked) {
    const names = await newNames();
    await prepare(listed.control, names);
    if (listed.upload) {
      const chat = fill(listed.upload.chat ?? "{chat}", names);
      const message = await client.upload(names.token, chat, Buffer.alloc(listed.upload.bytes), "part.bin");
      names.message_id = String(message.message_id);
      names.file_id = message.document.file_id;
    }
    await prepare(listed.then, names);
    const call = listed.calls.at(-1);
    const params = {};
    for (const [name, value] of Object.entries(call.params ?? {})) params[name] = fill(value, names);
    if (call.file) {
      const [field, name, size] = call.file;
      params[field] = client.file(Buffer.alloc(size), name);
    }
    let wrong = "it was not refused";
    try {
      await client.call(names.token, call.method, params);
    } catch (error) {
      const ownWords = client.hasOwnWords?.(listed.status) ?? false;
      wrong = difference(error, JSON.parse(fill(listed.body, names)), ownWords);
    }
    check(listed.name, wrong);
    await control("DELETE", "faults");
    await control("POST", "limits", '{"all":false}');
  }
  check("cases asked", asked.length >= LEAST_CASES ? null : `${asked.length} are too few`);
  console.log(`${client.name}: ${passed} passed, ${failed} failed`);
  process.exit(failed ? 1 : 0);
}
