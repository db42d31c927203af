import { formatCount } from '../format.ts';
import { type Absence, absencesOf } from './absences.ts';
import type { Account, TimeUse } from './account.ts';
import { clockWords } from './clock-words.ts';
import type { Loss } from './job-report.ts';
import { type AttemptHistory, type History, isOfUse } from './read-history.ts';

/** What cost less is not told: half a second, of a long job a five-hundredth. */
const LEAST_MS = 500;
const LEAST_SHARE = 0.002;

/** An attempt's end and its peer's leave are told by one message or two. */
const TOGETHER_MS = 1000;

const USES: Readonly<Record<Exclude<TimeUse, 'useful' | 'wasted'>, string>> = {
  beginning: 'slots waited until the first chunk was found',
  starting: 'machines measured their encoders, and got and decoded their first slices',
  data: 'slots waited for slices and their first frames',
  scan: 'slots waited for the scan, which was slower than the encoders',
  passed: 'slots stood idle although chunks waited',
  tail: 'slots had nothing left to do while others encoded the last chunks',
  ending: 'the last results were proven and the end of the file was written',
};

/** What cost time, the most expensive first: only what the records prove. */
export function lossesOf(history: History, account: Account): Loss[] {
  const absences = absencesOf(history);
  const blamed = new Set<AttemptHistory>();
  const told = [
    ...absences.map((absence) => lossOfAbsence(history, account, absence, blamed)),
    ...gapsOf(history, account, blamed),
    ...wasteOf(history, account, blamed),
    ...usesOf(account),
  ];
  const least = Math.max(LEAST_MS, LEAST_SHARE * history.endMs) / 1000;
  return told.filter(({ seconds }) => seconds >= least).sort((a, b) => b.seconds - a.seconds);
}

/** The part of its absence that counts, and what it had half encoded. */
function lossOfAbsence(
  history: History,
  { attemptMs }: Account,
  absence: Absence,
  blamed: Set<AttemptHistory>,
): Loss {
  const { peer, kind, fromMs, untilMs, isBack, lostMs } = absence;
  let wasteMs = 0;
  let lostCount = 0;
  history.attempts.forEach((attempt, index) => {
    const isOfIt = attempt.peer === peer && Math.abs(attempt.endedMs - fromMs) <= TOGETHER_MS;
    if (!isOfIt || attempt.outcome !== (kind === 'left' ? 'left' : 'returned')) return;
    blamed.add(attempt);
    wasteMs += attemptMs[index] ?? 0;
    lostCount += attempt.startedMs === null ? 0 : 1;
  });
  const name = history.peers.get(peer)?.name ?? peer;
  const at = clockWords(history, fromMs);
  const until = clockWords(history, untilMs);
  const half = lostCount === 0 ? '' : `, ${formatCount(lostCount, 'chunk')} half encoded`;
  const words =
    kind === 'left'
      ? `${name} left at ${at}${isBack ? ` and was back at ${until}` : ''}${half}`
      : `${name} took no work from ${at}${isBack ? ` to ${until}` : ' on'}${half}`;
  return { kind, atSeconds: fromMs / 1000, seconds: (lostMs + wasteMs) / 1000, words };
}

/** The leader's own absences; what it had running is lost where it had no time to say good-bye. */
function gapsOf(history: History, { attemptMs }: Account, blamed: Set<AttemptHistory>): Loss[] {
  return history.runs.slice(1).flatMap(({ fromMs, awayMs }, index): Loss[] => {
    const before = history.runs[index];
    if (before === undefined) return [];
    let wasteMs = 0;
    history.attempts.forEach((attempt, place) => {
      const isOfIt = attempt.outcome === 'interrupted' || attempt.outcome === 'cancelled';
      if (!isOfIt || Math.abs(attempt.endedMs - fromMs) > TOGETHER_MS) return;
      blamed.add(attempt);
      wasteMs += attemptMs[place] ?? 0;
    });
    // Just before and just after the gap, by the clock.
    const from = clockWords(history, fromMs - 1);
    const until = clockWords(history, fromMs);
    const why = before.end === null ? ', when it ended without a word' : '';
    return [
      {
        kind: 'away',
        atSeconds: fromMs / 1000,
        seconds: awayMs / 1000,
        words: `nobody led the job from ${from}${why}, to ${until}`,
      },
      {
        kind: 'retries',
        atSeconds: fromMs / 1000,
        seconds: wasteMs / 1000,
        words: `what was half encoded at ${from} was encoded again`,
      },
    ];
  });
}

/** Attempts whose results were not kept, by machine and reason. */
function wasteOf({ attempts, peers }: History, { attemptMs }: Account, blamed: Set<AttemptHistory>): Loss[] {
  const groups = new Map<string, { name: string; sample: AttemptHistory; count: number; ms: number }>();
  attempts.forEach((attempt, index) => {
    const { peer, outcome, isBackup } = attempt;
    if (isOfUse(attempt) || outcome === 'running' || blamed.has(attempt)) return;
    const key = JSON.stringify([peer, outcome, outcome === 'beaten' && isBackup]);
    const name = peers.get(peer)?.name ?? peer;
    const group = groups.get(key) ?? { name, sample: attempt, count: 0, ms: 0 };
    groups.set(key, {
      ...group,
      sample: attempt,
      count: group.count + 1,
      ms: group.ms + (attemptMs[index] ?? 0),
    });
  });
  return [...groups.values()].map(({ name, sample, count, ms }) => ({
    kind: sample.outcome === 'beaten' ? 'backups' : 'retries',
    atSeconds: null,
    seconds: ms / 1000,
    words: wasteWords(name, sample, count),
  }));
}

function wasteWords(name: string, { outcome, isBackup, words }: AttemptHistory, count: number): string {
  const attempts = formatCount(count, 'attempt');
  const reason = words.replace(/[.\s]+$/, '');
  switch (outcome) {
    case 'beaten':
      return isBackup
        ? `${formatCount(count, 'backup')} on ${name} came too late`
        : `${attempts} on ${name} ended after a backup's`;
    case 'left':
      return `${attempts} on ${name} ended when it left`;
    case 'returned':
      return `${name} handed back ${formatCount(count, 'chunk')} (${reason})`;
    case 'stolen':
      return `${formatCount(count, 'chunk')} that ${name} had not begun went to an idle peer`;
    case 'cancelled':
    case 'interrupted':
      return `${attempts} on ${name} ended with the job`;
    default:
      return `${attempts} on ${name} failed (${outcome}: ${reason})`;
  }
}

function usesOf({ uses }: Account): Loss[] {
  return Object.entries(USES).map(([use, words]) => ({
    kind: use as keyof typeof USES,
    atSeconds: null,
    seconds: uses[use as keyof typeof USES] / 1000,
    words,
  }));
}
