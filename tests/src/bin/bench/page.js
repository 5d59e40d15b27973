// Sends a gibibyte plain and sealed by turns, and posts the rates. Nothing else of the page is loaded.

import { FerryClient } from "/pkg/ferry.js";
import { benchPlain } from "/pkg/bench.js";

const MIB = 1 << 20;
const ROUNDS = 3;
const SIZE_MIB = 1024;

const post = (what, value) => fetch(`/__bench/${what}`, { method: "POST", body: JSON.stringify(value) });

/** A file on the disk of the browser's private file system: picked ones need a person or a driver. */
async function makeFile() {
  const root = await navigator.storage.getDirectory();
  const handle = await root.getFileHandle("bench.bin", { create: true });
  const out = await handle.createWritable();
  const block = new Uint8Array(8 * MIB);
  for (let at = 0; at < block.length; at += 65536) crypto.getRandomValues(block.subarray(at, at + 65536));
  for (let written = 0; written < SIZE_MIB; written += 8) {
    new DataView(block.buffer).setUint32(0, written);
    await out.write(block);
  }
  await out.close();
  return handle.getFile();
}

async function run() {
  const [username, password] = decodeURIComponent(location.hash.slice(1)).split(/ (.*)/);
  const file = await makeFile();
  const client = new FerryClient();
  await client.login(username, password);
  await post("ready", {});
  const rates = { plain_mib_per_sec: [], sealed_mib_per_sec: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    await post("plain", {});
    const plain = await benchPlain(file, "/__bench/sink/");
    rates.plain_mib_per_sec.push(plain.sizeBytes / MIB / (plain.millis / 1000));
    // Another name and size each time: a file that was stored before would not be sent.
    const own = new File([file.slice(0, file.size - round)], `round ${round}.bin`);
    await post("sealed", {});
    const begun = performance.now();
    const stored = await client.upload(own).promise;
    if (stored.alreadyStored) throw new Error("it was stored before: nothing was measured");
    rates.sealed_mib_per_sec.push(own.size / MIB / ((performance.now() - begun) / 1000));
  }
  await post("result", rates);
}

run().catch((error) => post("failed", { error: String(error), stack: error?.stack, hint: error?.hint }));
