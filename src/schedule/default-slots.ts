/**
 * What one encode of a 1080p chunk is reckoned to need: SVT-AV1 at the slow presets holds some fifty 10-bit pictures
 * and their reference structures (measured 0.5 to 0.9 GB), the decoder's frames come on top.
 */
const SLOT_BYTES = 1_000_000_000;

/** Share of the available memory that encodes may take: the rest is for the person at the machine. */
const MEMORY_SHARE = 0.75;

/** Memory that all running encodes together may take. */
export function memoryBudget(availableBytes: number): number {
  return Math.floor(availableBytes * MEMORY_SHARE);
}

/**
 * Slots of a machine when its owner did not set them: one encode a core, as two single-threaded encodes beat one with
 * two threads by a sixth (measured), and no more than memory allows, but at least one.
 */
export function defaultSlots(cores: number, availableBytes: number): number {
  const byMemory = Math.floor(memoryBudget(availableBytes) / SLOT_BYTES);
  return Math.max(1, Math.min(cores, byMemory));
}
