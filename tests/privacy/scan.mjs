// Scans standard input with a public scanner of secrets; writes what it says of each it finds as JSON.
import { text } from "node:stream/consumers";
import { lintSource } from "@secretlint/core";
import { creator } from "@secretlint/secretlint-rule-preset-recommend";

const content = await text(process.stdin);
const { messages } = await lintSource({
  source: { filePath: "answers.txt", content, contentType: "text" },
  options: { config: { rules: [{ id: "@secretlint/secretlint-rule-preset-recommend", rule: creator }] } },
});
console.log(JSON.stringify(messages.map(({ message }) => message)));
