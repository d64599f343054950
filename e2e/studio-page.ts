import { expect, type Locator, type Page } from '@playwright/test';

export interface NamedBytes {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The studio as a person works it: by roles and names. */
export class StudioPage {
  readonly page: Page;
  readonly canvas: Locator;

  constructor(page: Page) {
    this.page = page;
    this.canvas = page.getByRole('application', { name: /^Graph of/ });
  }

  async goto(path = './'): Promise<void> {
    await this.page.goto(path);
    await expect(this.page.getByRole('button', { name: /Choose files/ })).toBeVisible();
  }

  /** Loads the page again, and waits until it takes files: its load event comes before its listeners do. */
  async reload(): Promise<void> {
    await this.page.reload();
    const ready = this.page.getByRole('button', { name: /Choose files/ }).or(this.canvas);
    await expect(ready.first()).toBeVisible();
  }

  async openSample(title: string): Promise<void> {
    await this.page.getByRole('button', { name: new RegExp(title) }).click();
    await expect(this.canvas).toBeVisible();
  }

  /** A real drop on the window: a DataTransfer that holds the files. On the right half, to compare. */
  async drop(files: readonly NamedBytes[], half: 'left' | 'right' = 'left'): Promise<void> {
    const encoded = files.map(({ name, bytes }) => ({ name, base64: Buffer.from(bytes).toString('base64') }));
    const place = { list: encoded, clientX: half === 'left' ? 10 : (this.page.viewportSize()?.width ?? 0) - 10 };
    await this.page.evaluate(({ list, clientX }) => {
      const transfer = new DataTransfer();
      for (const { name, base64 } of list) {
        const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
        transfer.items.add(new File([bytes], name));
      }
      for (const type of ['dragenter', 'dragover', 'drop']) {
        const event = new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true, clientX });
        document.body.dispatchEvent(event);
      }
    }, place);
  }

  /** A drop of files on one part of the page, which takes them in place of the window. */
  async dropOn(place: Locator, files: readonly NamedBytes[]): Promise<void> {
    const encoded = files.map(({ name, bytes }) => ({ name, base64: Buffer.from(bytes).toString('base64') }));
    await place.evaluate((element, list) => {
      const transfer = new DataTransfer();
      for (const { name, base64 } of list) {
        const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
        transfer.items.add(new File([bytes], name));
      }
      for (const type of ['dragenter', 'dragover', 'drop']) {
        element.dispatchEvent(new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true }));
      }
    }, encoded);
  }

  pass = (title: string): Locator => this.page.getByRole('button', { name: new RegExp(`^${title}, `) });
  passBar = (title: string): Locator =>
    this.page
      .getByRole('group', { name: title, exact: true })
      .filter({ has: this.page.getByRole('button', { name: /^Apply/ }) });
  stops = (): Locator =>
    this.page.getByRole('list', { name: 'Recipe' }).getByRole('listitem').filter({ hasNotText: 'Add a step' });
  stop = (index: number): Locator => this.stops().nth(index).getByRole('button');
  chip = (name: string): Locator =>
    this.page.getByRole('group', { name: 'Before and after' }).getByRole('group', { name, exact: true });

  /** Waits for the count of sites, then looks at the pass. */
  async look(title: string, sites: number | RegExp): Promise<void> {
    const count = typeof sites === 'number' ? new RegExp(`^${title}, ${sites} sites?`) : sites;
    await this.page.getByRole('button', { name: count }).click();
    await expect(this.passBar(title)).toBeVisible();
  }

  async apply(title: string): Promise<void> {
    const before = await this.stops().count();
    await this.passBar(title)
      .getByRole('button', { name: /^Apply/ })
      .click();
    await expect(this.passBar(title)).toBeHidden();
    await expect(this.stops()).toHaveCount(before);
  }

  async workspace(name: 'Studio' | 'Compare' | 'Bench' | 'Train' | 'Search' | 'KV' | 'Report'): Promise<void> {
    await this.page.getByRole('tab', { name, exact: true }).click();
  }
}

/** Fails the test when the page logs an error or throws. */
export function watchForErrors(page: Page): string[] {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  return errors;
}
