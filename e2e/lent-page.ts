import type { Browser, Locator, Page } from '@playwright/test';

/** A phone: a context of its own, so that it shares nothing with the studio. */
export async function phone(browser: Browser): Promise<Page> {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 360, height: 760 } });
  return context.newPage();
}

export const lending = (page: Page): Locator => page.getByRole('region', { name: 'Lending' });

export async function join(page: Page, address: string, code: string): Promise<void> {
  await page.goto(address);
  await page.getByLabel('Code').fill(code);
  await page.getByRole('button', { name: 'Lend this device' }).click();
}

/** All that the lending page says it is at, from now on, each once. */
export async function watchWork(page: Page): Promise<() => Promise<readonly string[]>> {
  const seen = await page.evaluateHandle(() => {
    const texts = new Set<string>();
    const look = (): void => {
      const work = document.querySelector('[aria-label="At work"]');
      if (work?.textContent) texts.add(work.textContent);
    };
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true, characterData: true });
    return texts;
  });
  return () => seen.evaluate((texts) => [...texts]);
}
