# Sourced by the scripts beside it: goes to the checkout, installs what it needs, finds a Node.js that will do, builds.
# Needs any Node.js with npm; the one that the project runs on (22.12 or newer) comes from npm itself.

cd "$(dirname "$0")/.."
ROOT=$(pwd -P)

fail() {
  echo "$1" >&2
  exit 1
}

command -v node >/dev/null && command -v npm >/dev/null ||
  fail "Node.js and npm are needed, of any version, and were not found. Install them (https://nodejs.org) and run this again."

# Whether node_modules holds what package-lock.json asks for, in the words of npm's own record of what it installed.
is_installed() {
  node -e '
    const read = (path) => JSON.parse(require("fs").readFileSync(path, "utf8")).packages;
    const [wanted, found] = [read("package-lock.json"), read("node_modules/.package-lock.json")];
    const isMissing = ([path, { version, optional }]) =>
      path !== "" && (found[path] ? found[path].version !== version : !optional);
    process.exit(Object.entries(wanted).some(isMissing) ? 1 : 0);
  ' 2>/dev/null
}

is_node_new_enough() {
  node -e '
    const [major, minor] = process.versions.node.split(".").map(Number);
    process.exit(major > 22 || (major === 22 && minor >= 12) ? 0 : 1);
  '
}

# npm would warn of each package that the system's Node is too old for, and then install the Node that is not.
is_installed || npm ci --no-audit --no-fund --loglevel error || fail "npm could not install the dependencies; its words are above."

# The second place is for when npm found nothing to link into the first.
PATH="$ROOT/node_modules/.bin:$ROOT/node_modules/node/bin:$PATH"
export PATH

# The package `node` fetches the program in an install script, which npm may be told not to run.
if ! is_node_new_enough; then
  echo "npm did not run the install script of the package 'node'; running it by itself." >&2
  (cd node_modules/node && node installArchSpecificPackage.js) >&2 || true
  # The shell remembers where it found the old one.
  hash -r
  is_node_new_enough ||
    fail "This is Node.js $(node -p process.versions.node), 22.12 or newer is needed, and fetching it from npm failed. Allow install scripts (npm config set ignore-scripts false) and run this again, or install a newer Node.js."
fi

echo "Node.js $(node -p process.versions.node) from $(command -v node)" >&2
tsc -b || fail "The build failed; the compiler's words are above."
