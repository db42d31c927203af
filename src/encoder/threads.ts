/**
 * SVT-AV1's level of parallelism of every chunk's encode, and threads of the other encoders. With an encode on every
 * core, two cost no CPU time and a sixth more memory than one (SVT-AV1, 1080p, presets 6 and 10), and an encode that is
 * left alone at the end of a job takes half the time. Four cost half as much memory again and a tenth more CPU time.
 */
export const ENCODER_THREADS = 2;
