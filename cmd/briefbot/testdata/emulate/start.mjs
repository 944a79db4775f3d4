// Runs emulate's command at a port that the system chooses, which it prints,
// on this machine alone, and until its input ends, as it does when whoever
// started it is gone. The command can do none of the three.
import net from "node:net";

const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function () {
  return listen.call(this, 0, "127.0.0.1", () => console.log(`listening at http://127.0.0.1:${this.address().port}`));
};
process.stdin.resume().on("end", () => process.exit());

await import("emulate/cli");
