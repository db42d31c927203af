import { monotonicMs } from '../../clock.ts';
import type { ScoreMessage, ScoreRequest } from '../messages.ts';
import type { Port } from '../port.ts';
import { scoreFiles } from '../score/score-files.ts';

/** The reader hears of progress this often. */
const REPORT_INTERVAL_MS = 250;

/** Scores an output against its source, frame by frame. */
export async function run(port: Port): Promise<void> {
  const { source, output, measure, workPath, wishes } = (await port.receive()) as ScoreRequest;
  const send = (message: ScoreMessage): Promise<void> => port.send(message);
  let reportedMs = monotonicMs();
  const scores = await scoreFiles(
    source,
    output,
    measure,
    workPath,
    wishes,
    async (frameCount, totalEstimate) => {
      if (monotonicMs() - reportedMs < REPORT_INTERVAL_MS) return;
      reportedMs = monotonicMs();
      await send({ type: 'scoring', frameCount, totalEstimate });
    },
  );
  await send({ type: 'scored', scores });
}
