import { FORGOTTEN_AFTER_MS, SUSPECT_AFTER_MS } from '../../src/mesh/membership.ts';
import type { JobMessage } from '../../src/protocol/messages.ts';
import type { Alarm, Clock } from './clock.ts';
import type { Random } from './random.ts';
import type { World } from './world.ts';

/** One end of the network: a running daemon. */
export interface Station {
  readonly id: string;
  onJoined(other: string): void;
  /** Gone, and may come back over the same link. */
  onAway(other: string): void;
  onBack(other: string): void;
  onLeft(other: string): void;
  /** Fell silent though the link stands, or was heard again. */
  onSuspect(other: string, isSuspect: boolean): void;
  onMessage(from: string, message: JobMessage): void;
}

interface Link {
  readonly ends: readonly [Station, Station];
  isUp: boolean;
  /** Nothing arrives before. */
  heldUntilMs: number;
  /** Ends that believe the link is up. */
  readonly believers: Set<Station>;
  /** Ends for which it is over, up or not. */
  readonly forgetters: Set<Station>;
  /** Messages that arrived at an end which the link did not reach, in their order. */
  readonly waiting: { readonly receiver: Station; readonly from: string; readonly message: JobMessage }[];
  /** When the last message towards an end arrives: a stream keeps its order. */
  readonly lastArrivalMs: Map<Station, number>;
}

/**
 * Links between daemons, a daemon's to itself included. Control messages keep their order within a direction of a
 * link; while it is cut they wait, and they are lost when an end is gone or forgets it. Bulk bytes queue at the sender's
 * uplink.
 */
export class Network {
  /** Messages that ever waited in one link at once. */
  mostWaiting = 0;
  readonly #world: World;
  readonly #clock: Clock;
  readonly #random: Random;
  /** By the IDs of both ends, either one first. */
  readonly #links = new Map<string, Map<string, Link>>();
  readonly #uplinkFreeMs = new Map<string, number>();

  constructor(world: World, clock: Clock, random: Random) {
    this.#world = world;
    this.#clock = clock;
    this.#random = random;
  }

  isConnected(station: Station, other: string): boolean {
    return this.#linkOf(station.id, other)?.believers.has(station) ?? false;
  }

  /** Two daemons meet: they go on where their link was cut, or begin a new one, by which each forgets the old. */
  connect(a: Station, b: Station): void {
    const old = this.#linkOf(a.id, b.id);
    if (old?.isUp === true) return;
    if (old?.ends.includes(a) && old.ends.includes(b) && old.forgetters.size === 0) return this.#mend(old);
    for (const end of old?.ends ?? []) this.#forget(old as Link, end);
    const link: Link = {
      ends: [a, b],
      isUp: true,
      heldUntilMs: 0,
      believers: new Set([a, b]),
      forgetters: new Set(),
      waiting: [],
      lastArrivalMs: new Map(),
    };
    this.#linksOf(a.id).set(b.id, link);
    this.#linksOf(b.id).set(a.id, link);
    a.onJoined(b.id);
    if (a !== b) b.onJoined(a.id);
  }

  /** Nothing passes any more; each end notices after its own delay. `gone` never does. */
  cut(a: string, b: string, noticeMs: () => number, gone: Station | null): void {
    const link = this.#linkOf(a, b);
    if (link === undefined) return;
    link.isUp = false;
    for (const end of new Set(link.ends)) {
      if (end === gone) link.forgetters.add(end);
      if (end === gone) link.believers.delete(end);
      else {
        this.#clock.after(SUSPECT_AFTER_MS, () => this.#suspect(link, end, true));
        this.#clock.after(noticeMs(), () => this.#notice(link, end));
      }
    }
  }

  /** Everything on its way arrives only after so long: a machine that swaps, or a radio that sleeps. */
  hold(a: string, b: string, forMs: number): void {
    const link = this.#linkOf(a, b);
    if (link?.isUp !== true || a === b) return;
    link.heldUntilMs = this.#clock.nowMs() + forMs;
    for (const end of link.ends) {
      this.#clock.after(SUSPECT_AFTER_MS, () => this.#suspect(link, end, true));
      this.#clock.after(forMs, () => this.#suspect(link, end, false));
    }
  }

  /** A daemon is gone from every link it had. */
  remove(station: Station, noticeMs: () => number): void {
    for (const { ends } of [...this.#linksOf(station.id).values()]) {
      if (!ends.includes(station)) continue;
      this.cut(ends[0].id, ends[1].id, noticeMs, station);
    }
  }

  send(from: Station, to: string, message: JobMessage): void {
    const link = this.#linkOf(from.id, to);
    if (link === undefined || link.forgetters.has(from)) return;
    const receiver = otherEnd(link, from);
    // What is sent to somebody who is away only waits.
    const isSent = link.believers.has(from);
    const latencyMs = from.id === to || !isSent ? 0 : this.#world.latencyMs * this.#random.between(0.5, 2);
    const soonestMs = Math.max(this.#clock.nowMs() + latencyMs, link.heldUntilMs);
    const arrivalMs = Math.max(soonestMs, link.lastArrivalMs.get(receiver) ?? 0);
    link.lastArrivalMs.set(receiver, arrivalMs);
    const copies = isSent && this.#random.chance(this.#world.duplication) ? 2 : 1;
    this.#clock.at(arrivalMs, () => {
      for (let copy = 0; copy < copies; copy += 1) {
        if (link.isUp) receiver.onMessage(from.id, message);
        else this.#keep(link, { receiver, from: from.id, message });
      }
    });
  }

  /** Bulk bytes from `from` to `to`; `done` says whether they all came. */
  transfer(from: string, to: Station, bytes: number, done: (isWhole: boolean) => void): Alarm {
    const link = this.#linkOf(from, to.id);
    const uplink = this.#world.hosts.find(({ id }) => id === from)?.uplinkBytesPerMs ?? 1;
    const nowMs = this.#clock.nowMs();
    const isLocal = from === to.id;
    const startMs = isLocal ? nowMs : Math.max(nowMs, this.#uplinkFreeMs.get(from) ?? 0);
    const endMs = Math.max(startMs + (isLocal ? 0 : bytes / uplink), link?.heldUntilMs ?? 0);
    if (!isLocal) this.#uplinkFreeMs.set(from, endMs);
    const isLost = !isLocal && this.#random.chance(this.#world.transferLoss);
    return this.#clock.after(endMs - nowMs + this.#world.latencyMs, () =>
      done(!isLost && link?.isUp === true && this.#linkOf(from, to.id) === link),
    );
  }

  #linkOf(a: string, b: string): Link | undefined {
    return this.#links.get(a)?.get(b);
  }

  #linksOf(end: string): Map<string, Link> {
    const links = this.#links.get(end) ?? new Map<string, Link>();
    this.#links.set(end, links);
    return links;
  }

  #keep(link: Link, message: Link['waiting'][number]): void {
    link.waiting.push(message);
    this.mostWaiting = Math.max(this.mostWaiting, link.waiting.length);
  }

  #suspect(link: Link, end: Station, isSuspect: boolean): void {
    const isHeld = link.heldUntilMs > this.#clock.nowMs();
    if (!link.believers.has(end) || (isSuspect && link.isUp && !isHeld)) return;
    end.onSuspect(otherEnd(link, end).id, isSuspect);
  }

  #notice(link: Link, end: Station): void {
    if (link.isUp || !link.believers.delete(end)) return;
    end.onAway(otherEnd(link, end).id);
    this.#clock.after(FORGOTTEN_AFTER_MS, () => {
      if (!link.believers.has(end)) this.#forget(link, end);
    });
  }

  #mend(link: Link): void {
    link.isUp = true;
    for (const end of link.ends) {
      const other = otherEnd(link, end).id;
      if (link.believers.has(end)) end.onSuspect(other, false);
      else end.onBack(other);
      link.believers.add(end);
    }
    for (const { receiver, from, message } of link.waiting.splice(0)) receiver.onMessage(from, message);
  }

  #forget(link: Link, end: Station): void {
    if (link.forgetters.has(end)) return;
    link.forgetters.add(end);
    link.believers.delete(end);
    end.onLeft(otherEnd(link, end).id);
  }
}

function otherEnd({ ends }: Link, end: Station): Station {
  return ends[0] === end ? ends[1] : ends[0];
}
