# Runs a program with the path of a network namespace that is not the one it starts in, and asks netns-scope.
# The first argument is the program, the second netns-scope. In a user namespace of its own: nobody has to be root.
set -eu
device() { ip link add "$1" type bridge 2>/dev/null || ip link add "$1" type veth peer name "$1-peer"; }
device host0
unshare --net sleep 60 &
container=$!
trap 'kill $container' EXIT
path=/proc/$container/ns/net
until [ "$(readlink $path)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.05; done
nsenter --net=$path ip link add container0 type bridge 2>/dev/null ||
    nsenter --net=$path ip link add container0 type veth peer name container0-peer
folder=$(mktemp -d)
mkfifo "$folder/in"
"$1" "$path" <"$folder/in" >"$folder/out" 2>&1 &
program=$!
exec 3>"$folder/in"
until grep -q waiting "$folder/out" || ! kill -0 $program 2>/dev/null; do sleep 0.05; done
names() { "$@" sed -n 's/^ *\([^:]*\):.*/\1/p' /proc/thread-self/net/dev | sort | tr '\n' ' '; }
echo "devices: $(names "$2" exec "$path" --)"
echo "home: $(names command)"
echo "answer: $(grep -v waiting "$folder/out" | sort | tr '\n' ' ')"
# It says with its exit code that it cannot look into the processes of others.
"$2" pins "$path" --format json >"$folder/pins" 2>/dev/null || true
echo "program: $program"
echo "pins: $(tr -d '\n' <"$folder/pins")"
exec 3>&-
wait $program
rm -r "$folder"
