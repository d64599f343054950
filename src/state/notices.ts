import { createStore, type StoreApi } from 'zustand/vanilla';

/** A short message that passes by: what happened, and the way back. */
export interface Notice {
  readonly id: number;
  readonly tone: 'good' | 'plain' | 'warning' | 'error';
  readonly title: string;
  readonly text: string;
  readonly action: { readonly label: string; readonly run: () => void } | null;
  /** Until it is answered; others pass by, but for what went wrong. */
  readonly stays: boolean;
}
interface NoticesState {
  readonly notices: readonly Notice[];
  /** Said to screen readers, once per change. */
  readonly announcement: string;
}
export interface NoticesStore extends StoreApi<NoticesState> {
  show(notice: {
    tone: Notice['tone'];
    title: string;
    text?: string;
    action?: Notice['action'];
    stays?: boolean;
  }): number;
  dismiss(id: number): void;
  announce(text: string): void;
}

const SHOWN = 3;

export function createNoticesStore(): NoticesStore {
  const store = createStore<NoticesState>(() => ({ notices: [], announcement: '' }));
  let nextId = 1;
  return {
    ...store,
    show({ tone, title, text = '', action = null, stays = false }) {
      const notice: Notice = { id: nextId++, tone, title, text, action, stays };
      store.setState(({ notices }) => ({
        notices: [...notices.filter((each) => each.title !== title), notice].slice(-SHOWN),
        announcement: text === '' ? title : `${title}. ${text}`,
      }));
      return notice.id;
    },
    dismiss: (id) => store.setState(({ notices }) => ({ notices: notices.filter((each) => each.id !== id) })),
    announce: (announcement) => store.setState({ announcement }),
  };
}
