#!/usr/bin/env node
// Checks Node's version before anything is loaded that an old Node cannot read: this file is plain, old JavaScript.
var version = process.versions.node.split('.');
var isNewEnough = Number(version[0]) > 22 || (Number(version[0]) === 22 && Number(version[1]) >= 12);

if (isNewEnough) {
  import('../dist/node/cli.js').catch((error) => {
    var isUnbuilt = error.code === 'ERR_MODULE_NOT_FOUND' && String(error.message).indexOf('cli.js') !== -1;
    console.error(isUnbuilt ? 'vadeio-node is not built yet. Run: npm run build' : error);
    process.exitCode = 1;
  });
} else {
  console.error(
    'vadeio-node needs Node.js 22.12 or newer; this is ' +
      process.versions.node +
      '. Install a newer one (https://nodejs.org), or run it as: npx -p node@24 -p vadeio-node vadeio-node',
  );
  process.exitCode = 1;
}
