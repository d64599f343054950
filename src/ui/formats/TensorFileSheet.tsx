import { useVirtualizer } from '@tanstack/react-virtual';
import { Search, X } from 'lucide-react';
import { Dialog } from 'radix-ui';
import { useMemo, useRef, useState } from 'react';
import { formatBytes, formatCount, formatInteger, formatShape, formatShare, plural } from '../../base/format.ts';
import { parametersOf, totalsOf } from '../../formats/read.ts';
import type { ListedTensor, TensorFile } from '../../formats/types.ts';
import type { App } from '../../state/app.ts';
import { tensorRows, type TensorColumn, type TensorLook } from '../../state/tensor-rows.ts';
import { Icon, IconButton } from '../kit/controls.tsx';
import { SortHeads, type SortHead } from '../kit/SortHeads.tsx';
import { useReturnFocus } from '../kit/use-return-focus.ts';
import { useView } from '../kit/use-store.ts';
import './formats.css';

const ROW_HEIGHT = 27;
const HEAD_HEIGHT = 26;

const COLUMNS: readonly SortHead<TensorColumn>[] = [
  { id: 'name', title: 'Tensor', sort: 'name' },
  { id: 'dtype', title: 'Type', sort: 'dtype' },
  { id: 'shape', title: 'Shape', sort: 'shape', right: true },
  { id: 'bytes', title: 'Size', sort: 'bytes', right: true },
  { id: 'share', title: 'Share', sort: null, right: true },
];

/** A column that begins with its largest: that is what one looks for. */
const beginsDown = (column: TensorColumn): boolean => column === 'bytes' || column === 'shape';

/** Another column, the other way round, or back to the order of the file. */
function turned(look: TensorLook, column: TensorColumn): TensorLook {
  if (look.column !== column) return { ...look, column, down: beginsDown(column) };
  return look.down === beginsDown(column) ? { ...look, down: !look.down } : { ...look, column: 'order', down: false };
}

interface LineProps {
  readonly tensor: ListedTensor;
  readonly at: number;
  readonly start: number;
  /** Bytes of all tensors; null: not known. */
  readonly whole: number | null;
}
function Line({ tensor: { name, dtype, shape, bytes }, at, start, whole }: LineProps) {
  return (
    <div role="row" aria-rowindex={at + 2} className="tf-row tf-line" style={{ transform: `translateY(${start}px)` }}>
      <span role="gridcell" className="mono ell" title={name}>
        {name}
      </span>
      <span role="gridcell">{dtype}</span>
      <span role="gridcell" data-right="" className="mono text-ink-2">
        {shape.length === 0 ? 'scalar' : formatShape(shape)}
      </span>
      <span role="gridcell" data-right="">
        {formatBytes(bytes)}
      </span>
      <span role="gridcell" data-right="" className="text-ink-2">
        {formatShare(whole === null || bytes === null || whole === 0 ? null : bytes / whole)}
      </span>
    </div>
  );
}

function Tensors({ file }: { readonly file: TensorFile }) {
  const [look, setLook] = useState<TensorLook>({ search: '', column: 'order', down: false });
  const rows = useMemo(() => tensorRows(file.tensors, look), [file, look]);
  const whole = useMemo(
    () =>
      totalsOf(file.tensors).reduce<number | null>(
        (sum, { bytes }) => (sum === null || bytes === null ? null : sum + bytes),
        0,
      ),
    [file],
  );
  const scroller = useRef<HTMLDivElement>(null);
  const lines = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 8,
    paddingStart: HEAD_HEIGHT,
  });
  const all = formatInteger(file.tensors.length);
  return (
    <section className="flex min-h-0 min-w-0 flex-1 flex-col" aria-labelledby="tf-tensors">
      <header className="flex items-center gap-3 pb-2">
        <h3 id="tf-tensors" className="h3">
          Tensors
        </h3>
        <span className="num text-11 text-ink-3" aria-live="polite">
          {rows.length === file.tensors.length ? all : `${formatInteger(rows.length)} of ${all}`}
        </span>
        <label className="tf-search ml-auto">
          <Icon of={Search} size={13} className="text-ink-3" />
          <input
            type="search"
            aria-label="Search tensors"
            placeholder="Name or type"
            value={look.search}
            onChange={(event) => setLook({ ...look, search: event.target.value })}
          />
        </label>
      </header>
      <div
        ref={scroller}
        role="grid"
        aria-label="Tensors of the file"
        aria-rowcount={rows.length + 1}
        tabIndex={0}
        className="tf-table num"
      >
        <SortHeads
          className="tf-row tf-head"
          heads={COLUMNS}
          sort={look}
          onSort={(column) => setLook(turned(look, column))}
        />
        <div role="presentation" style={{ height: lines.getTotalSize() - HEAD_HEIGHT }}>
          {lines.getVirtualItems().map(({ index, start }) => (
            <Line key={index} tensor={rows[index]!} at={index} start={start} whole={whole} />
          ))}
        </div>
        {rows.length === 0 && <p className="px-3 py-3 text-12 text-ink-3">No tensor is called so.</p>}
      </div>
    </section>
  );
}

function Totals({ file }: { readonly file: TensorFile }) {
  return (
    <table className="table num">
      <caption className="h3 pb-2 text-left">By element type</caption>
      <thead>
        <tr>
          <th scope="col">Type</th>
          <th scope="col" className="text-right">
            Tensors
          </th>
          <th scope="col" className="text-right">
            Parameters
          </th>
          <th scope="col" className="text-right">
            Size
          </th>
        </tr>
      </thead>
      <tbody>
        {totalsOf(file.tensors).map(({ dtype, tensors, parameters, bytes }) => (
          <tr key={dtype}>
            <td>{dtype}</td>
            <td className="text-right">{formatInteger(tensors)}</td>
            <td className="text-right">{formatCount(parameters)}</td>
            <td className="text-right">{formatBytes(bytes)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Side({ file }: { readonly file: TensorFile }) {
  return (
    <div className="tf-side" role="region" aria-label="Header" tabIndex={0}>
      <Totals file={file} />
      <h3 className="h3 mt-5">Metadata</h3>
      {file.metadata.length === 0 && <p className="mt-1.5 text-12 text-ink-3">The file has none.</p>}
      <dl className="mt-1.5 text-12">
        {file.metadata.map(({ key, value }) => (
          <div key={key} className="mb-2">
            <dt className="mono text-11 text-ink-3 [overflow-wrap:anywhere]">{key}</dt>
            <dd className="tf-value">{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

/** What the header of a safetensors or GGUF file says: it is looked at, not opened. */
export function TensorFileSheet({ app }: { readonly app: App }) {
  const file = useView(app, (state) => state.tensorFile);
  const focus = useReturnFocus();
  if (!file) return null;
  const parameters = file.tensors.reduce((sum, tensor) => sum + parametersOf(tensor), 0);
  const version = file.version === null ? '' : `, version ${file.version}`;
  return (
    <Dialog.Root open onOpenChange={() => app.actions.show({ tensorFile: null })}>
      <Dialog.Portal>
        <Dialog.Overlay className="overlay" />
        <Dialog.Content
          {...focus}
          className="pop fixed top-[6vh] left-1/2 z-50 flex h-[88vh] w-[min(1240px,94vw)] -translate-x-1/2 flex-col p-5"
        >
          <div className="flex items-center justify-between gap-4">
            <Dialog.Title className="ell min-w-0 text-18 font-strong tracking-[-0.018em]">{file.name}</Dialog.Title>
            <Dialog.Close asChild>
              <IconButton icon={X} label="Close" />
            </Dialog.Close>
          </div>
          <Dialog.Description className="num mt-1 text-12 text-ink-2">
            {file.format}
            {version} · {formatBytes(file.bytes)} · {plural(file.tensors.length, 'tensor')} · {formatCount(parameters)}{' '}
            parameters. Only its header was read ({formatBytes(file.headerBytes)}): there is no graph in such a file, so
            it can be looked at and not changed.
          </Dialog.Description>
          {file.notes.map((note) => (
            <p key={note} className="mt-1 text-12 text-warning">
              {note}
            </p>
          ))}
          <div className="tf-body">
            <Tensors file={file} />
            <Side file={file} />
          </div>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
