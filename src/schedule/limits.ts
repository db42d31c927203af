import { LEAD_IN_KEYFRAMES } from '../media/slice-range.ts';

/** Every bound of the scheduler, with its reason. */

/**
 * A chunk is leased for prefetch when an attempt of its peer is expected to end so soon: time for a slice of 25 MB over
 * a 50 Mbit/s link that others share. Earlier would bind chunks to slots that fall idle late.
 */
export const PREFETCH_LEAD_MS = 20_000;

/** The same for the leader's own machine, where the slice comes from its own disk; estimates of an end err by so much. */
export const OWN_PREFETCH_LEAD_MS = 3_000;

/**
 * A chunk is too long for a slot that would need more than this share of the time that all slots together need for what
 * is left, unless no other would end it sooner: a chunk may cost more than predicted, and on a slow slot that takes long.
 */
export const TOO_LONG = 0.7;

/** Of so many peers, the fastest, it is reckoned when they would end what a slower one may leave to them: bounds a plan's steps. */
export const FAST_PEERS = 8;

/**
 * At the tail an attempt is a straggler when it would end so much later than all slots together need for what is left:
 * its chunk then competes with those that wait, as if it waited too.
 */
export const STRAGGLING = 1.05;

/** A backup is expected to win when the straggler needs this many times its duration: estimates err by about so much. */
export const BACKUP_MARGIN = 1.2;

/** The same for a peer that has shown nothing yet: it may be a third as fast as the average, and was idle so far. */
export const UNKNOWN_BACKUP_MARGIN = 3 * BACKUP_MARGIN;

/** A steal is worth the trouble when the victim would need this many times what the thief does, transfer included. */
export const STEAL_MARGIN = 1.2;

/**
 * A lease that was not begun is late so long after it should have been, time for a slice and an encoder's start: it may be
 * stolen from a peer of which nothing is known as well, and a second time.
 */
export const BEGIN_PATIENCE_MS = 5_000;

/** So many times as long for each time its chunk was stolen: where every slice takes long, peers would take turns for ever. */
export const PATIENCE_GROWTH = 4;

/**
 * A peer that was asked for an unstarted lease and is heard answers at once; with a saturated link and processor its words
 * were 0.6 s late at most (src/mesh/membership.ts). After so long the lease is over.
 */
export const ANSWER_MS = 5_000;

/** Unstarted leases that end last, looked at for each idle slot: bounds a plan's steps. */
export const STEALS_LOOKED_AT = 8;

/** Attempts that end last, looked at for each slot that could help one: bounds a plan's steps. */
export const STRAGGLERS_LOOKED_AT = 8;

/** An attempt's own progress is believed from this share of its chunk on; before, its peer's rate counts as well. */
export const BELIEVED_PROGRESS = 0.15;

/**
 * A peer's speed has changed when its slots do less than the first, or more than the second, of what was learned; less
 * is noise, as chunks cost up to twice what is predicted.
 */
export const SLOWED_TO = 0.45;
export const QUICKENED_TO = 2.2;

/** Frames that an encoder may hold back at most and at least, as it gives them out in groups and looks ahead. */
export const FRAMES_HELD_BACK = 32;
export const GROUP_FRAMES = 16;

/**
 * Cost a millisecond that a slot is believed at most, ten times what any does at the smallest picture: what arrives in one
 * burst after a silence of the network looks as if it had taken no time.
 */
export const FASTEST_BELIEVED = 10;

/** A rate is summed up in units of so small a part, a billionth of a still frame a millisecond: ten thousand peers fit. */
export const RATE_UNITS = 1e9;

/**
 * Idle peers that take nothing of a job, one after another, before a plan looks at no more of them: bounds its steps in a
 * swarm of thousands. Those behind are slower (`goesBefore`), so that what is too long for these is so for them.
 */
export const REFUSALS_PER_PLAN = 32;

/**
 * Attempts that end soonest, looked at for a prefetch: bounds a plan's steps. A slot behind them that is not looked at in
 * time waits for one slice when it falls idle, no longer: idle slots are all looked at.
 */
export const ENDINGS_PER_PLAN = 64;

/** Points in time from which a peer's pace is compared: the change is dated by the latest that shows it. */
export const PACE_MARKS = 6;

/** Chunks among which a peer of unknown speed is given the cheapest: it may be very slow. */
export const FIRST_LOOKS = 8;

/** Chunks a slow slot is shown before it gets the shortest or none: bounds a plan's steps. */
export const LOOKS_PER_SLOT = 32;

/** Slices a peer holds ready beyond what runs, for each slot: one hides a transfer behind an encode, two only age. */
export const PREFETCH_PER_SLOT = 1;

/**
 * A leader whose chunks were not ready is owed so much of a peer's encoding at most: an hour is a few of the longest chunks,
 * and a machine that was stopped for a night while it encoded for one leader owes the others no night.
 */
export const WORK_CREDIT_MS = 60 * 60_000;

/** Results a peer keeps for a leader that does not fetch them, for each slot; more, and it offers less room. */
export const UNSETTLED_PER_SLOT = 4;

/**
 * Attempts of one leader that a peer keeps, for each slot: what it offers room for, and results that wait. Beyond that a
 * leader does not mean well, or its leases are cleared away more slowly than it grants them: what it grants goes back.
 */
export const ATTEMPTS_PER_SLOT = 1 + PREFETCH_PER_SLOT + UNSETTLED_PER_SLOT;

/**
 * Attempts of one peer that are kept while it is away, the latest: more than it has slots for. A peer that comes and goes
 * and never says what became of them fills no memory.
 */
export const AWAY_KEPT = 64;

/** Peers that left a job and are remembered in it, the latest: more than a home ever has machines. */
export const PEERS_REMEMBERED = 256;

/** Builds measured at once by a peer: each takes a whole core for about a second. */
export const MEASURES_AT_ONCE = 1;

/** Results fetched at once by a leader: enough to fill its link from slow senders, few enough to bound open files. */
export const FETCHES_AT_ONCE = 8;

/** Results proven at once by a leader: a proof is one decode, and the leader's cores encode as well. */
export const PROOFS_AT_ONCE = 2;

/** Times a result is asked for before its attempt counts as lost: a dropped stream must not cost an encode. */
export const FETCHES_PER_RESULT = 2;

/** Tries of a chunk whose frames differ, each from further back in the source. */
export const MAX_LEAD_IN = LEAD_IN_KEYFRAMES.length - 1;

/** A chunk that failed on so many different peers is poison: three machines are not all broken. */
export const POISON_PEERS = 3;

/** Failures of one chunk on one peer before nothing more is learned there; reached only with nobody else to try. */
export const TRIES_PER_PEER = 2;

/**
 * Peers lost in the middle of one chunk, beyond what is lost by chance, before a further loss counts as the chunk's doing:
 * laptops do go to sleep. A chunk that is encoded alone keeps a whole peer busy: simulated, half as many cost 0.002 of E
 * where peers come and go.
 */
export const FORGIVEN_LOSSES = 6;

/** So many times as many as others lose in the same time may be lost by chance. */
export const LOSSES_BY_CHANCE = 2;

/**
 * As many are forgiven at most, whatever others lose: with thirty losses behind it a chunk takes three times as long as any
 * peer stays, and where two chunks take peers down each would be excused by the other.
 */
export const MOST_LOSSES = 30;

/** Strikes and doubts (failures less successes) from which a peer gets one lease of the job at a time. */
export const STRIKES_TO_SLOW = 2;

/** Strikes at which a peer is left out of the job. */
export const STRIKES_TO_LEAVE_OUT = 5;

/** Leases of which a peer says nothing, asked or not, at which it is left out of the job: it takes chunks and holds them up. */
export const SILENCES_TO_LEAVE_OUT = 2;

/** After so long a peer that was left out for failures or silence gets one lease on trial: a full disk may have been emptied. */
export const REST_MS = 10 * 60_000;

/**
 * Refused results at which a peer is left out of the job, for good where others' were right: bad memory or a lie does
 * not mend itself.
 */
export const BAD_RESULTS_TO_LEAVE_OUT = 3;

/**
 * A running lease expires after this silence: the time of so many of its frames at the peer's own rate; an encoder with
 * a hierarchy of 32 frames writes in groups, and on a machine that slows to a tenth one group takes the time of 320.
 * Never under the first bound (a machine that swaps or wakes up), never over the second (a night is short). At the tail,
 * where it would be waited for, an encoder that hangs gets a backup long before.
 */
export const SILENCE_FRAMES = 512;
export const SILENCE_MIN_MS = 30_000;
export const SILENCE_MAX_MS = 20 * 60_000;

/**
 * An attempt that follows an expired one of its chunk may be silent for so many times as long: a machine that slowed
 * down by more than was thought looks like one that hangs, and must not fail a job by being tried twice alike.
 */
export const SILENCE_GROWTH = 4;

/** The same while the peer's rate is unknown: 128 frames at the slowest rate met in a home, 0.2 frames a second. */
export const SILENCE_UNKNOWN_MS = 10 * 60_000;

/**
 * A lease that could have begun so long ago is asked for, wanted or not: a peer that is heard and says nothing of its leases
 * would keep them until somebody is idle. Time for 25 MB at a third of a Mbit/s; who works for another leader meanwhile, or
 * has a slower link, gives it back and may get it again, for PATIENCE_GROWTH times as long.
 */
export const UNSTARTED_MS = 10 * 60_000;

/**
 * A leader that comes to itself so much later than it meant to was stopped, or its machine slept: far more than a loop is
 * ever busy, far less than any patience with a peer.
 */
export const STOOD_STILL_MS = 2_000;

/** A peer that has not measured its build after so long is no reason to keep a doomed job open. */
export const MEASURE_PATIENCE_MS = 60_000;

/**
 * Where every machine that was met cannot do what a job asks for, another is waited for so long: machines of a network
 * find each other within seconds, and those named by address are tried again within ten.
 */
export const NEWCOMERS_MS = 15_000;

/**
 * The tail: so many rounds of slots are left when order changes from the film's to longest first. Simulated on ten
 * unequal slots: 4 rounds lose a hundredth against 8, 12 gain nothing more.
 */
export const TAIL_ROUNDS = 8;

/**
 * A chunk that was encoded tells what those near it cost: so many on each side, each further one so much less, against so
 * much doubt. Recorded films err by 0.23 in the logarithm of a cost, and by 0.11 within one clip.
 */
export const LIKENESS_REACH = 4;
export const LIKENESS_FADE = 0.7;
export const LIKENESS_DOUBT = 0.7;

/** Of a shorter encode the encoder's start is a large part, and that has nothing to do with its pictures. */
export const LIKENESS_LEAST_MS = 500;

/** A chunk that took more times what was predicted than this, or less, was hampered: its machine swapped, or a sample is wrong. */
export const MOST_UNLIKE = 2.5;

/** Finished attempts from which a peer's rate is learned: few, so that a slowed machine is noticed soon. */
export const RATE_SAMPLES = 8;

/** Window of the encode rate on screen, and the least distance of its samples. */
export const RATE_WINDOW_MS = 60_000;
export const RATE_SAMPLE_MS = 1_000;

/** Retries kept with their words for the status pages; all are counted. */
export const RETRIES_KEPT = 100;

/**
 * Other programs are noticed when they use more than `--max-load` for so long, a person stays when they still do after
 * the second time, and is gone when they did not for the third: a page that loads is no person at work, and a person
 * who reads is still there.
 */
export const LOAD_NOTICE_MS = 5_000;
export const LOAD_LEAVE_MS = 30_000;
export const LOAD_QUIET_MS = 60_000;

/** A plug that is moved to another socket is no departure. */
export const BATTERY_NOTICE_MS = 10_000;

/** A machine that fell asleep between two chunks would be a peer that left; in the morning nobody waits for it. */
export const AWAKE_AFTER_WORK_MS = 5_000;

/** Cores that other programs use, smoothed: half of what they did so long ago still counts. A compile is no change. */
export const OTHERS_HALF_MS = 10_000;

/** Slots are added one by one, so far apart: an encode takes some seconds to fill its memory. */
export const SLOT_STEP_MS = 10_000;

/** After memory ran short no slot is added for so long. */
export const MEMORY_REST_MS = 60_000;

/** Throughput is measured over so long, of all slots at work: a few chunks of different pictures. */
export const SLOT_TRIAL_MS = 60_000;

/**
 * A slot stays when it brings so much of what each of the others did: two threads of one core bring about a quarter
 * more than one, and a slot on a machine that is busy brings nothing.
 */
export const SLOT_GAIN = 0.15;

/** After a slot brought nothing none is tried for so long. */
export const SLOT_TRIAL_REST_MS = 15 * 60_000;

/** The memory budget is raised when it would grow by this factor. */
export const BUDGET_STEP = 1.1;
