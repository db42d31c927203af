/**
 * How much a peer takes on. `closed`: it finishes what it encodes, returns what it has not begun and takes nothing
 * more. `emptying`: it returns what it encodes, too.
 */
export type Intake = 'open' | 'closed' | 'emptying';

/** What the people at this machine last asked of it. */
export type Wish = 'work' | 'drain' | 'pause' | 'pause-now';

/** Something that keeps a peer from taking work, and a sentence that says why. */
export interface Hold {
  readonly intake: Exclude<Intake, 'open'>;
  readonly reason: string;
}

/** What a wish holds back; null when it is to work. A drain ends with the daemon, a pause does not. */
export function holdOfWish(wish: Wish): Hold | null {
  switch (wish) {
    case 'work':
      return null;
    case 'drain':
      return { intake: 'closed', reason: 'It was told to drain.' };
    case 'pause':
      return { intake: 'closed', reason: 'It was told to pause.' };
    case 'pause-now':
      return { intake: 'emptying', reason: 'It was told to pause now.' };
  }
}

/** The strictest of several holds decides; each of them is a reason. */
export function intakeOf(holds: readonly Hold[]): { readonly intake: Intake; readonly reasons: string[] } {
  const reasons = holds.map(({ reason }) => reason);
  if (holds.some(({ intake }) => intake === 'emptying')) return { intake: 'emptying', reasons };
  return { intake: holds.length > 0 ? 'closed' : 'open', reasons };
}
