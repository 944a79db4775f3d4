// Runs the command of emulate, whose file is the first argument, at a port that
// the system chooses and that it prints, on this machine alone, and until its
// input ends, as it does when whoever started it is gone. By itself the command
// does none of the three.
import net from "node:net";
import { pathToFileURL } from "node:url";

const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function () {
  return listen.call(this, 0, "127.0.0.1", () => console.log(`listening at http://127.0.0.1:${this.address().port}`));
};
process.stdin.resume().on("end", () => process.exit());

const [command] = process.argv.splice(2, 1);
await import(pathToFileURL(command));
