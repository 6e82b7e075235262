// Reads {secret, headers, body (base64)} from standard input and verifies it as a receiver would. Prints "valid", or why not.
import { readFileSync } from "node:fs";
import { Webhook } from "standardwebhooks";

const { secret, headers, body } = JSON.parse(readFileSync(0, "utf8"));
// Secrets of the subscriptions API are free text: their bytes are the key.
const webhook = secret.startsWith("whsec_") ? new Webhook(secret) : new Webhook(secret, { format: "raw" });
try {
  webhook.verify(Buffer.from(body, "base64").toString("utf8"), headers);
  console.log("valid");
} catch (error) {
  console.log(error.message);
  process.exitCode = 1;
}
