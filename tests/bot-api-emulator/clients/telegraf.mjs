// telegraf against the emulator: documents there and back, and its errors for the listed cases.

import { Telegram } from "telegraf";
import { run, url } from "./listed.mjs";

const telegram = (token) => new Telegram(token, { apiRoot: url });
const file = (bytes, name) => ({ source: bytes, filename: name });

await run({
  name: "telegraf",
  file,
  upload: (token, chat, bytes, name) => telegram(token).sendDocument(chat, file(bytes, name)),
  async download(token, fileId) {
    const reply = await fetch(await telegram(token).getFileLink(fileId));
    return Buffer.from(await reply.arrayBuffer());
  },
  hasOwnWords: (status) => status >= 500,
  call: (token, method, params) => telegram(token).callApi(method, params),
});
