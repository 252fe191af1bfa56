import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

// The CLI reads categories from its configuration only; Allure 2 and the servers read the file in the results.
const categories = join(process.env.REPORT_RESULTS, "categories.json");

export default {
  name: "erp-testkit",
  output: process.env.REPORT_OUTPUT,
  categories: existsSync(categories) ? JSON.parse(readFileSync(categories, "utf8")) : [],
  plugins: {
    awesome: {
      // One file that opens anywhere, without a server.
      options: { singleFile: true, groupBy: ["feature", "story"] },
    },
  },
};
