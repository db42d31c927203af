import { parentPort } from 'node:worker_threads';
import { runBlock, type SeedBlock } from './seeds.ts';

/** One core of a sweep: runs the blocks that it is sent, answers each with its result. */
parentPort?.on('message', (block: SeedBlock) => parentPort?.postMessage(runBlock(block)));
