// SPDX-License-Identifier: MIT
// Node's loop: loop.js HOW, HOW one of exec (a child process, synchronously), atomics.
const { execSync } = require("child_process");
const cell = new Int32Array(new SharedArrayBuffer(4));
let turn = 0;

function stallHere(how) {
  if (how === "exec") execSync("sleep 0.04");
  else Atomics.wait(cell, 0, 0, 40);
}

const timer = setInterval(() => {
  turn++;
  if (turn % 10 === 5) stallHere(process.argv[2]);
  if (turn === 60) clearInterval(timer);
}, 3);
