// The one worker entry: loads the module and hands over to the role in Rust. No logic of its own; the page uses ferry.js.

import init, { run } from "./ferry_client_wasm.js";

// A fault inside a promise would stay in this worker: thrown outside of one, it reaches the page or worker that started this one.
addEventListener("unhandledrejection", ({ reason }) => setTimeout(() => { throw reason; }));

addEventListener("message", async ({ data: { role, module, server } }) => {
  try {
    const compiled = module ?? await WebAssembly.compileStreaming(fetch(new URL("ferry_client_wasm_bg.wasm", import.meta.url)));
    await init({ module_or_path: compiled });
    await run(role, compiled, server);
    postMessage({ ready: true });
  } catch (exception) {
    // What Rust refuses with has a code and words for a person.
    postMessage({ ready: false, reason: String(exception), error: exception?.code ? exception : null });
  }
}, { once: true });
