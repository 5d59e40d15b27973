// grammY against the emulator: documents there and back, and its errors for the listed cases.

import { Api, GrammyError, InputFile } from "grammy";
import { run, url } from "./listed.mjs";

const api = (token) => new Api(token, { apiRoot: url });

await run({
  name: "grammY",
  file: (bytes, name) => new InputFile(bytes, name),
  upload: (token, chat, bytes, name) => api(token).sendDocument(chat, new InputFile(bytes, name)),
  async download(token, fileId) {
    const { file_path } = await api(token).getFile(fileId);
    const reply = await fetch(`${url}/file/bot${token}/${file_path}`);
    return Buffer.from(await reply.arrayBuffer());
  },
  async call(token, method, params) {
    try {
      // Methods without parameters take none in grammY either.
      const { raw } = api(token);
      return await (Object.keys(params).length ? raw[method](params) : raw[method]());
    } catch (error) {
      if (!(error instanceof GrammyError)) throw error;
      throw { code: error.error_code, description: error.description, parameters: error.parameters };
    }
  },
});
