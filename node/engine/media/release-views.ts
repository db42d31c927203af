/** Frames between two collections: views on them then stay well below the 64 MiB at which V8 collects everything. */
export const FRAMES_A_COLLECTION = 8;

/**
 * Lets go of the views that `frame.data` makes. V8 counts a frame's memory to each view on it, so that 20 frames of
 * 1080p make it collect its whole heap; a collection of young objects costs a twentieth of that. Call it every
 * {@link FRAMES_A_COLLECTION} frames that were sketched. Engine children are started with `--expose-gc`; elsewhere it
 * does nothing.
 */
export function releaseViews(): void {
  globalThis.gc?.({ type: 'minor' });
}
