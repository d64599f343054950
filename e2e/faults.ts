import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';

async function violationsOf(page: Page, within?: string) {
  // What is pointed at, or has just changed, is on its way to another colour, which may lack contrast.
  await page.mouse.move(0, 0);
  await page.evaluate(async () => {
    const ending = document.getAnimations().filter(({ effect }) => effect?.getComputedTiming().endTime !== Infinity);
    await Promise.allSettled(ending.map((each) => each.finished));
  });
  // Places are worked out of faults alone (of all that is right they take most of the time), and in the page itself:
  // the studio has no frame that axe could look into.
  const builder = new AxeBuilder({ page }).options({ resultTypes: ['violations'] }).setLegacyMode(true);
  const { violations, passes } = await (within === undefined ? builder : builder.include(within)).analyze();
  if (passes.length < 5) throw new Error(`axe found only ${passes.length} rules that hold here: is the page there?`);
  return violations;
}

type Violation = Awaited<ReturnType<typeof violationsOf>>[number];
const inWords = ({ id, nodes }: Violation): string => `${id} ${nodes[0]?.html.slice(0, 160)}`;

/** What axe finds, each with the first element that has it. */
export const allFaults = async (page: Page): Promise<string[]> => (await violationsOf(page)).map(inWords);

/** Of it what is serious or critical; `within` a selector, if not on the whole page. */
export async function seriousFaults(page: Page, within?: string): Promise<string[]> {
  const violations = await violationsOf(page, within);
  return violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(inWords);
}

/** Of both colour schemes, ending in the dark one: what a page holds is made once, and looked at twice. */
async function inBothSchemes(page: Page, faults: () => Promise<string[]>): Promise<string[]> {
  const found: string[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    // The studio's root says which theme it has; a report by itself follows the media alone.
    await page.waitForFunction(
      (scheme) => (document.documentElement.dataset['theme'] ?? scheme) === scheme,
      colorScheme,
    );
    found.push(...(await faults()).map((fault) => `${colorScheme}: ${fault}`));
  }
  return found;
}

export const allFaultsInBoth = (page: Page): Promise<string[]> => inBothSchemes(page, () => allFaults(page));
export const seriousFaultsInBoth = (page: Page, within?: string): Promise<string[]> =>
  inBothSchemes(page, () => seriousFaults(page, within));
