import { connect, createServer, type Socket } from 'node:net';

/** A cable between two daemons that can be cut: what is on its way then is lost, and no end is told. */
export interface Relay {
  /** HOST:PORT that leads to the target. */
  readonly address: string;
  /** Cuts the connections that are open now; new ones work. */
  cut(): void;
  /** Connections made so far. */
  count(): number;
  stop(): Promise<void>;
}

/** @param at HOST:PORT where it listens; none: where it is free. */
export async function startRelay(target: string, at = '127.0.0.1:0'): Promise<Relay> {
  const sockets: Socket[] = [];
  const [host = '', port = ''] = target.split(':');
  let count = 0;
  const server = createServer((near) => {
    count += 1;
    const far = connect({ host, port: Number(port) });
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.push(from);
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
      from.pipe(to);
    }
  });
  await new Promise<void>((resolve) =>
    server.listen({ host: at.split(':')[0], port: Number(at.split(':')[1]) }, resolve),
  );
  const bound = server.address();
  return {
    address: `127.0.0.1:${typeof bound === 'object' ? bound?.port : ''}`,
    cut: () => {
      for (const socket of sockets) socket.unpipe().pause();
    },
    count: () => count,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
