// The progress of an upload that has not begun. All later ones come from the worker.

export function queuedProgress(file) {
  return {
    phase: "queued", fileId: null, percent: 0, sizeBytes: file.size, doneBytes: 0, storedBytes: 0, storedBeforeBytes: 0, comparedBytes: 0,
    rateBytesPerSec: null, etaSecs: null, silentSecs: null, parts: { total: 0, stored: 0, storedBefore: 0 },
    resumed: null, waiting: null, setBackBytes: 0, earlierRefused: null, error: null,
  };
}
