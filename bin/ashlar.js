#!/usr/bin/env node
// Plain JavaScript that old versions of Node can parse, so that they get one clear message.
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    'ashlar: Node.js 22.18 or newer is needed, this is ' +
      process.version +
      '; install a newer one (https://nodejs.org), or run it through `npm start` or `npx` in a ' +
      'project that has the npm package `node` as a dev dependency.\n',
  )
  process.exitCode = 2
} else {
  // In a checkout the sources run as they are; an installed package has only `dist`.
  const fromSource = process.execArgv.some((flag) => flag.includes('@ashlar/source'))
  const main = fromSource ? '../src/cli/main.ts' : '../dist/cli/main.js'
  void import(main).then((cli) => cli.main(process.argv))
}
