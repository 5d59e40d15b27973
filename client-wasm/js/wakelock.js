// Keeps the screen awake while something is transferred. The browser drops the lock of a hidden page, so it is asked for again.

let transfers = 0;
let lock = null;
/** The request under way: transfers that begin meanwhile share its lock, or all but the last would be held until the page closes. */
let asking = null;

/** The promise, with the screen kept awake until it settles. */
export function awake(transfer) {
  transfers += 1;
  acquire();
  return transfer.finally(() => {
    transfers -= 1;
    if (transfers === 0) release();
  });
}

function acquire() {
  if (lock || document.visibilityState !== "visible") return;
  asking ??= ask().finally(() => { asking = null; });
}

async function ask() {
  // Refused on low battery, and missing in some browsers: transfers go on without.
  const given = await navigator.wakeLock?.request("screen").catch(() => null) ?? null;
  lock = given;
  given?.addEventListener("release", () => { if (lock === given) lock = null; });
  if (transfers === 0) release();
}

function release() {
  lock?.release().catch(() => {});
  lock = null;
}

document.addEventListener("visibilitychange", () => { if (transfers > 0) acquire(); });
