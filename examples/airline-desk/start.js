// Plain JavaScript that old versions of Node can parse, so that they get one clear message.
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `airline-desk: Node.js 22.18 or newer is needed, this is ${process.version}; ` +
      'run `npm install` with install scripts allowed (it brings Node 24), then `npm start`\n',
  )
  process.exitCode = 2
} else {
  void import('./main.ts')
}
