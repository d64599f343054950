/** Held by who started a training: it goes on, waits, or ends early with what it has. */
export class TrainControl {
  private wish: 'run' | 'pause' | 'stop' = 'run';
  private readonly waiting: (() => void)[] = [];

  get stopped(): boolean {
    return this.wish === 'stop';
  }
  get paused(): boolean {
    return this.wish === 'pause';
  }

  pause(): void {
    if (this.wish === 'run') this.wish = 'pause';
  }
  resume(): void {
    if (this.wish === 'pause') this.set('run');
  }
  /** Ends at the next step; what was learnt is kept. */
  stop(): void {
    this.set('stop');
  }

  /** Returns when it may go on, or the signal is aborted. */
  async ready(signal: AbortSignal): Promise<void> {
    while (this.paused && !signal.aborted) {
      await new Promise<void>((resolve) => {
        this.waiting.push(resolve);
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    }
  }

  private set(wish: 'run' | 'stop'): void {
    this.wish = wish;
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}
