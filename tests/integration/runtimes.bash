# SPDX-License-Identifier: MIT
# Runtimes with threads and signal handlers of their own: Node, and Java where a JDK is installed.
. "$(dirname "$0")/lib.bash"

cat >"$work/node.js" <<'N'
const { Worker, isMainThread, parentPort } = require("worker_threads");
const fs = require("fs"), http = require("http");
if (!isMainThread) {
  let sum = 0;
  for (let i = 0; i < 50; i++) sum += fs.readFileSync("/etc/passwd").length > 0;
  parentPort.postMessage(sum);
} else {
  let sum = 0, open = 4;
  const server = http.createServer((request, answer) => {
    fs.readFile("/etc/hostname", (error) => answer.end(error ? "error" : "fine " + request.url));
  });
  const finish = () => { if (!--open) server.close(() => console.log("workers read", sum)); };
  for (let i = 0; i < 3; i++) {
    const worker = new Worker(__filename);
    worker.on("message", (n) => { sum += n; });
    worker.on("exit", finish);
  }
  server.listen(0, "127.0.0.1", () => {
    http.get({ port: server.address().port, path: "/x", agent: false }, (answer) => {
      answer.setEncoding("utf8");
      answer.on("data", (text) => console.log(text));
      answer.on("end", finish);
    });
  });
}
N
cat >"$work/Many.java" <<'J'
import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.util.concurrent.atomic.*;

class Many {
    static int deep(int n) { return n == 0 ? 0 : 1 + deep(n - 1); }

    public static void main(String[] args) throws Exception {
        AtomicInteger sum = new AtomicInteger();
        Thread[] threads = new Thread[50];
        try (ServerSocket server = new ServerSocket(0, 100, InetAddress.getLoopbackAddress())) {
            for (int i = 0; i < threads.length; i++) {
                (threads[i] = new Thread(() -> {
                    try (Socket socket = new Socket(server.getInetAddress(), server.getLocalPort())) {
                        socket.getOutputStream().write(1);
                        sum.addAndGet(socket.getInputStream().read());
                        sum.addAndGet(Files.readAllBytes(Path.of("/etc/passwd")).length > 0 ? 1 : 0);
                        Thread.sleep(5);
                    } catch (IOException | InterruptedException error) {
                        System.out.println(error);
                    }
                })).start();
            }
            for (int i = 0; i < threads.length; i++) {
                try (Socket socket = server.accept()) {
                    socket.getOutputStream().write(socket.getInputStream().read());
                }
            }
        }
        for (Thread thread : threads) thread.join();
        String nothing = args.length > 5 ? "" : null;
        try { nothing.length(); } catch (NullPointerException error) { System.out.println("null"); }
        try { deep(10000000); } catch (StackOverflowError error) { System.out.println("deep"); }
        System.gc();
        System.out.println("sum " + sum.get());
        System.exit(4);
    }
}
J
tested=0
if command -v node >/dev/null; then
  same node "$work/node.js"
  grep -q 'workers read 150' "$work/observed.out" || fail "node: $(cat "$work/observed.out")"
  # libuv waits by either, whatever its version.
  got=$(($(total "$trace" epoll_wait calls) + $(total "$trace" epoll_pwait calls))) || exit 1
  [ "$got" -ge 4 ] || fail "node: $got waits for epoll"
  tested=1
fi
if command -v javac >/dev/null && javac -d "$work" "$work/Many.java" 2>"$work/err"; then
  same java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$work" Many
  grep -q 'sum 100' "$work/observed.out" || fail "java: $(cat "$work/observed.out")"
  got=$(total "$trace" connect calls) || exit 1
  [ "$got" -ge 50 ] || fail "java: $got calls of connect"
  tested=1
else
  echo "java left out: no JDK is installed"
fi
[ $tested = 1 ] || skip "neither node nor a JDK is installed"
