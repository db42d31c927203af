import type { LeaderAction } from '../../../src/schedule/leader/actions.ts';
import type { LeaderEvent } from '../../../src/schedule/leader/events.ts';

/** The event that records a leader's action, with which performing it begins (actions.ts). */
export function recordOf(action: LeaderAction, nowMs: number): LeaderEvent {
  switch (action.type) {
    case 'announce-job':
      return { ...action, type: 'job-announced', nowMs };
    case 'grant-lease':
      return { ...action, type: 'lease-granted', nowMs };
    case 'ask-steal':
      return { ...action, type: 'steal-asked', nowMs };
    case 'cancel-attempt':
      return { type: 'attempt-cancelled', job: action.job, attempt: action.attempt };
    case 'expire-lease':
      return { ...action, type: 'attempt-failed', cause: 'expired', nowMs };
    case 'forget-pace':
      return { ...action, type: 'pace-forgotten', nowMs };
    case 'settle-result':
      return { type: 'result-settled', job: action.job, attempt: action.attempt };
    case 'fetch-result':
      return { type: 'result-fetching', job: action.job, attempt: action.attempt, nowMs };
    case 'prove-result':
      return { type: 'result-proving', job: action.job, attempt: action.attempt };
    case 'append-chunk':
      return { ...action, type: 'chunk-appending' };
    case 'finish-job':
      return { ...action, type: 'job-finishing' };
    case 'fail-job':
      return { type: 'job-ended', job: action.job };
  }
}
