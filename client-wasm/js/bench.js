// The measure that sealing is compared with: the same reader and part workers, without hashes and sealing. Only for benchmarks.

import { CoordinatorLink } from "./link.js";

/** Sends `file` in plain parts to `url` + part number; resolves with `{ sizeBytes, millis }`. */
export async function benchPlain(file, url, { partBytes = 8 << 20, inFlight = 4 } = {}) {
  const link = new CoordinatorLink(location.origin, () => {});
  try {
    return await link.call("benchPlain", { url: new URL(url, location.href).href, partBytes, inFlight }, { file });
  } finally {
    link.close();
  }
}
