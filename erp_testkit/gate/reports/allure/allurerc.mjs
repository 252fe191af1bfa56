import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

// The CLI reads categories from its configuration only; Allure 2 and the servers read the file in the results.
const categories = join(process.env.REPORT_RESULTS, "categories.json");

export default {
  name: "erp-testkit",
  output: process.env.REPORT_OUTPUT,
  categories: existsSync(categories) ? JSON.parse(readFileSync(categories, "utf8")) : [],
  // What erp-testkit report gives it of earlier runs; it appends this one.
  historyPath: process.env.REPORT_HISTORY,
  historyLimit: 100,
  plugins: {
    // One file each that opens anywhere, without a server.
    awesome: { options: { singleFile: true, groupBy: ["feature", "story"] } },
    dashboard: { options: { singleFile: true } },
  },
};
