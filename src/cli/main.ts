import { Command, CommanderError } from 'commander'
import { approvalsCommand } from './commands/approvals.ts'
import { approveCommand } from './commands/approve.ts'
import { chatCommand } from './commands/chat.ts'
import { checkCommand } from './commands/check.ts'
import { deadCommand } from './commands/dead.ts'
import { decideCommand } from './commands/decide.ts'
import { evalCommand } from './commands/eval.ts'
import { explainCommand } from './commands/explain.ts'
import { proveCommand } from './commands/prove.ts'
import { psCommand } from './commands/ps.ts'
import { replayCommand } from './commands/replay.ts'
import { resumeCommand } from './commands/resume.ts'
import { runCommand } from './commands/run.ts'
import { sendCommand } from './commands/send.ts'
import { showCommand } from './commands/show.ts'
import { startCommand } from './commands/start.ts'
import { testCommand } from './commands/test.ts'
import { upCommand } from './commands/up.ts'
import { createOutput, exitCodes, printFailure, exitCodeOf } from './output.ts'
import { version } from './version.ts'

const exitCodeHelp = `
Exit codes: 0 done; 1 failed; 2 bad input or usage; 3 broker or process unavailable;
4 no such agent or letter; 5 a proof was cut off; 130 interrupted.

Environment: NATS_URL (an external NATS server or cluster; default: an embedded one),
ASHLAR_CELL, ASHLAR_BROKER_PORT, ASHLAR_NATS_SERVER (path of the nats-server binary),
ASHLAR_STORE_DIR, ASHLAR_SYNC (process | power), ASHLAR_LOG (debug | info | warn | error).`

/** Builds the command line. */
export function createProgram(): Command {
  const program = new Command('ashlar')
    .description(
      'Durable, distributed AI agents from plain XState v5 statecharts on NATS JetStream',
    )
    .version(version())
    .addHelpText('after', exitCodeHelp)
    .exitOverride()
  for (const command of [
    upCommand(),
    runCommand(),
    chatCommand(),
    startCommand(),
    sendCommand(),
    psCommand(),
    showCommand(),
    explainCommand(),
    approvalsCommand(),
    approveCommand(),
    resumeCommand(),
    deadCommand(),
    decideCommand(),
    evalCommand(),
    testCommand(),
    checkCommand(),
    proveCommand(),
    replayCommand(),
  ]) {
    program.addCommand(command.exitOverride())
    for (const below of command.commands) below.exitOverride()
  }
  return program
}

/** Runs one command and sets the exit code. */
export async function main(argv: readonly string[]): Promise<void> {
  try {
    await createProgram().parseAsync([...argv])
  } catch (thrown) {
    if (thrown instanceof CommanderError) {
      process.exitCode = thrown.exitCode === 0 ? exitCodes.ok : exitCodes.badInput
      return
    }
    printFailure(thrown, createOutput(argv.includes('--json')))
    process.exitCode = exitCodeOf(thrown)
  }
}
