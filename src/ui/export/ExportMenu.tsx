import {
  Archive,
  Braces,
  Check,
  Download,
  FileCode,
  FileText,
  Files,
  Image,
  ListOrdered,
  MessageSquareText,
  Package,
  TriangleAlert,
  type LucideIcon,
} from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import { bytesPair, formatBytes, formatChange, formatPair, plural } from '../../base/format.ts';
import {
  decoderFileName,
  modelFileName,
  archiveFileName,
  bundleFileName,
  namesWeights,
  recipeFileName,
  sessionFileName,
} from '../../state/exporting.ts';
import type { App } from '../../state/app.ts';
import { Button, Icon } from '../kit/controls.tsx';
import { useDocument, useView } from '../kit/use-store.ts';
import { reportFileName, standingOf, type Standing } from './artifacts.ts';
import './export.css';
import { useSaveReport } from './use-report.ts';

interface ItemProps {
  readonly icon: LucideIcon;
  readonly title: string;
  readonly about: string;
  readonly disabled?: boolean;
  onSelect(): void;
}
function Item({ icon, title, about, disabled = false, onSelect }: ItemProps) {
  return (
    <DropdownMenu.Item className="export-item" disabled={disabled} onSelect={onSelect}>
      <Icon of={icon} size={15} className="mt-px text-ink-3" />
      <span className="min-w-0">
        <span className="block font-medium">{title}</span>
        <span className="block text-11 text-ink-3 [overflow-wrap:anywhere]">{about}</span>
      </span>
    </DropdownMenu.Item>
  );
}

function StandingLine({ standing }: { readonly standing: Standing }) {
  return (
    <div className="flex items-start gap-2 px-3 pt-2.5 pb-2 text-11 text-ink-2">
      {standing.tone === 'good' && <Icon of={Check} size={13} className="mt-px text-added" />}
      {standing.tone === 'warning' && <Icon of={TriangleAlert} size={13} className="mt-px text-warning" />}
      <span className="min-w-0">{standing.text}</span>
    </div>
  );
}

/** Everything that can be taken away. An unchecked result is said, and saved all the same. */
export function ExportMenu({ app }: { readonly app: App }) {
  const document = useDocument(app, (state) => state.document);
  const open = useView(app, (state) => state.exporting);
  const report = useSaveReport(app);
  if (!document) return null;
  const { name, stops, cursor } = document;
  const [first, last] = [stops[0], stops[cursor]];
  const size =
    first && last && cursor > 0
      ? `${formatPair(bytesPair(first.summary.bytes, last.summary.bytes))}, ${formatChange(first.summary.bytes, last.summary.bytes)}`
      : formatBytes(last?.summary.bytes);
  const learnt = namesWeights(document.recipe);
  const keeps = last?.summary.inputs.some((input) => /^(past|cache)/i.test(input.name)) ?? false;
  const { actions } = app;
  return (
    <DropdownMenu.Root open={open} onOpenChange={(exporting) => actions.show({ exporting })} modal={false}>
      <DropdownMenu.Trigger asChild>
        <Button variant="primary" icon={Download}>
          Export
        </Button>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="pop export-menu" align="end" sideOffset={6} aria-label="Export">
          <StandingLine standing={standingOf(document)} />
          <DropdownMenu.Separator className="sep" />
          <Item
            icon={Package}
            title="Model"
            about={`${modelFileName(name)} · ${size}${last?.session ? ` · with ${sessionFileName(name)}, its session options` : ''}`}
            onSelect={() => void actions.saveModel()}
          />
          <Item
            icon={Files}
            title="Model, weights beside it"
            about={`two files: ${modelFileName(name)} and its weights from 1 kB, as external data`}
            onSelect={() => void actions.saveBeside()}
          />
          <Item
            icon={Archive}
            title="Bundle"
            about={`${bundleFileName(name)} · model, recipe, reports, and a page that runs it, with its runtime`}
            disabled={report.busy}
            onSelect={() => report.saveBundle(true)}
          />
          <Item
            icon={Archive}
            title="Bundle without the runtime"
            about="smaller; its page says which files of ONNX Runtime Web it needs"
            disabled={report.busy}
            onSelect={() => report.saveBundle(false)}
          />
          {keeps && (
            <Item
              icon={MessageSquareText}
              title="Decoder with its loop"
              about={`${decoderFileName(name)} · the model, JavaScript that drives it, a page`}
              onSelect={() => void actions.saveDecoder()}
            />
          )}
          <Item
            icon={ListOrdered}
            title="Recipe"
            about={
              learnt
                ? `${archiveFileName(name)} · ${plural(cursor, 'step')}, with what was learnt`
                : `${recipeFileName(name)} · ${plural(cursor, 'step')}, no weights`
            }
            onSelect={() => void actions.saveRecipe()}
          />
          <Item
            icon={Image}
            title="Picture"
            about="PNG or SVG of the view or of the whole graph"
            onSelect={actions.askForPicture}
          />
          <DropdownMenu.Separator className="sep" />
          <Item
            icon={FileText}
            title="Report, HTML"
            about={`${reportFileName(name, 'html')} · one file, opens anywhere`}
            disabled={report.busy}
            onSelect={() => report.save('html')}
          />
          <Item
            icon={FileCode}
            title="Report, Markdown"
            about={`${reportFileName(name, 'md')} · for an issue or a pull request`}
            disabled={report.busy}
            onSelect={() => report.save('md')}
          />
          <Item
            icon={Braces}
            title="Report, JSON"
            about={`${reportFileName(name, 'json')} · all numbers, every run`}
            disabled={report.busy}
            onSelect={() => report.save('json')}
          />
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
