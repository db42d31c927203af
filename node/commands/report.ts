import { open, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { PLOT_MARK } from '../../src/report/draw-plot.ts';
import type { JobReport } from '../../src/report/job/job-report.ts';
import { PAGE_MARK, renderPage } from '../../src/report/job/page.ts';
import { plotJob } from '../../src/report/job/plot-job.ts';
import { readReport } from '../daemon/read-report.ts';
import { isMissing } from '../storage/disk-error.ts';
import { statePaths } from '../storage/state-paths.ts';
import { replaceFile } from '../storage/write-file.ts';
import { stateDirectoryOf } from './daemon-flags.ts';
import { findDaemon } from './host-daemon.ts';
import { DONE, outJson, type Shell, UsageError } from './shell.ts';

interface ReportFlags {
  readonly stateDir?: string;
  readonly json: boolean;
  readonly follow: boolean;
}

/**
 * Writes the report of a job as a page, or as JSON or a plot where the file's name ends so, or prints it as JSON. No
 * daemon is needed.
 * @param place a file, or true for the usual one beside the job's output.
 */
export async function report(
  shell: Shell,
  id: string,
  place: true | string,
  flags: ReportFlags,
): Promise<number> {
  if (flags.follow)
    throw new UsageError('--report tells what happened so far, --follow goes on; give one of them.');
  if (flags.json && place !== true) {
    throw new UsageError(`--json prints the report; it is not written to ${place}. Give one of both.`);
  }
  const stateDirectory = stateDirectoryOf(flags);
  const isLed = (await findDaemon(stateDirectory)) !== null;
  const found = await readReport(statePaths(stateDirectory), id, isLed);
  if (flags.json) {
    outJson(shell, found);
    return DONE;
  }
  const path = place === true ? usualPath(found.output) : resolve(place);
  const { mark, text } = formOf(path);
  await refuseToReplace(path, mark);
  await replaceFile(path, text(found), 0o666);
  shell.out(path);
  return DONE;
}

/** `film.av1.mkv` → `film.av1.report.html`, in the same folder. */
function usualPath(output: string): string {
  return join(dirname(output), `${basename(output, extname(output))}.report.html`);
}

/** How a report is written, and how every file of that form begins. */
interface Form {
  readonly mark: string;
  readonly text: (report: JobReport) => string;
}

const PAGE: Form = { mark: PAGE_MARK, text: renderPage };
const DATA: Form = {
  mark: '{\n  "job": "',
  text: (report) => `${JSON.stringify(report, null, 2)}\n`,
};

/** Score and bitrate over time alone. */
const PICTURE: Form = {
  mark: PLOT_MARK,
  text(report) {
    const plot = plotJob(report);
    if (plot !== null) return plot;
    throw new Error(
      `Of job ${report.job} no chunk is known with its time and size, so there is nothing to draw.`,
    );
  },
};

const FORMS: Readonly<Record<string, Form>> = { '.json': DATA, '.svg': PICTURE };

function formOf(path: string): Form {
  return FORMS[extname(path).toLowerCase()] ?? PAGE;
}

/** An older report is replaced; whatever else stands there is somebody's. */
async function refuseToReplace(path: string, mark: string): Promise<void> {
  const facts = await stat(path).catch((error: unknown) => {
    if (isMissing(error)) return null;
    throw error;
  });
  if (facts === null) return;
  if (facts.isFile() && (await beginningOf(path, mark.length)) === mark) return;
  throw new Error(`${path} exists and is no report of vadeio-node. Name another file: --report FILE.`);
}

async function beginningOf(path: string, bytes: number): Promise<string> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes));
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}
