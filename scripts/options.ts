/**
 * Writes docs/options.md from the definitions that `--help` is made of:
 *
 *     node scripts/options.ts
 */
import { writeFileSync } from 'node:fs';
import { describeOptions, OPTIONS_PAGE } from './options/describe-options.ts';

writeFileSync(OPTIONS_PAGE, describeOptions());
