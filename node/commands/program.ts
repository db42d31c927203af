import { Command } from 'commander';
import { addCache } from './cache.ts';
import { addCancel } from './cancel.ts';
import { addDoctor } from './doctor.ts';
import { addDrain } from './drain.ts';
import { addJob } from './job.ts';
import { addJobs } from './jobs.ts';
import { addLogs } from './logs.ts';
import { addPause } from './pause.ts';
import { addPeers } from './peers.ts';
import { addResume } from './resume.ts';
import { addScore } from './score.ts';
import type { Shell } from './shell.ts';
import { addStatus } from './status.ts';
import { addSubmit } from './submit.ts';
import { addUp } from './up.ts';
import { addVerify } from './verify.ts';
import { addVersion } from './version.ts';

const COMMANDS = [
  addUp,
  addSubmit,
  addStatus,
  addPeers,
  addJobs,
  addJob,
  addLogs,
  addCancel,
  addPause,
  addResume,
  addDrain,
  addVerify,
  addScore,
  addCache,
  addDoctor,
  addVersion,
];

/** Every command and flag there is; whatever a command starts is handed to `run`. */
export function buildProgram(run: (work: Promise<number>) => void, shell: Shell): Command {
  const program = new Command('vadeio-node')
    .description('Encodes one video on every machine of a home LAN.')
    .configureOutput({
      writeOut: (text) => shell.out(text.trimEnd()),
      writeErr: (text) => shell.say(text.trimEnd()),
    })
    .exitOverride()
    .showSuggestionAfterError();
  for (const add of COMMANDS) add(program, run, shell);
  for (const command of program.commands) {
    command.showHelpAfterError(`(vadeio-node ${command.name()} --help tells what it takes)`);
  }
  return program;
}
