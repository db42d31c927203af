import { monotonicMs } from '../../clock.ts';
import type { VerifyMessage, VerifyRequest } from '../messages.ts';
import type { Port } from '../port.ts';
import { compareFiles } from '../verify/compare-files.ts';

/** The reader hears of progress this often. */
const REPORT_INTERVAL_MS = 250;

/** Compares an output with its source, knowing nothing of the job that made it. */
export async function run(port: Port): Promise<void> {
  const { source, output, wishes } = (await port.receive()) as VerifyRequest;
  const send = (message: VerifyMessage): Promise<void> => port.send(message);
  let reportedMs = monotonicMs();
  const report = await compareFiles(source, output, wishes, async (frameCount, totalEstimate) => {
    if (monotonicMs() - reportedMs < REPORT_INTERVAL_MS) return;
    reportedMs = monotonicMs();
    await send({ type: 'compared', frameCount, totalEstimate });
  });
  await send({ type: 'verified', report });
}
