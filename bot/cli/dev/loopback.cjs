// Loaded into the Playground before its own code. It has no option for its address, and would listen on all of them:
// everybody in the network could type, and read what the bot answers.
"use strict";

const net = require("node:net");

const HOST = "127.0.0.1";
const listen = net.Server.prototype.listen;

// listen(options…), listen(port[, host][, backlog]…), listen(path…), listen(handle…)
net.Server.prototype.listen = function (first, ...rest) {
  if (first === null || first === undefined || typeof first === "function") {
    return listen.call(this, { port: 0, host: HOST }, ...(first ? [first] : rest));
  }
  if (typeof first === "object") {
    return listen.call(this, "port" in first ? { ...first, host: HOST } : first, ...rest);
  }
  if (Number.isNaN(Number(first))) {
    return listen.call(this, first, ...rest);
  }
  const done = rest.filter((one) => typeof one === "function");
  const backlog = rest.filter((one) => typeof one === "number");
  return listen.call(this, { port: Number(first), host: HOST, backlog: backlog[0] }, ...done);
};

// Whoever started it holds the other end of standard input, which closes however that process ends.
process.stdin.on("end", () => process.exit(0)).on("error", () => process.exit(0)).resume();
