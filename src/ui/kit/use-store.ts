import { useStore, type StoreApi } from 'zustand';
import { useShallow } from 'zustand/react/shallow';
import type { AccuracyState } from '../../state/accuracy-store.ts';
import type { App } from '../../state/app.ts';
import type { CompareState } from '../../state/compared.ts';
import type { DevicesState } from '../../state/devices.ts';
import type { DocumentState } from '../../state/document.ts';
import type { InspectionState } from '../../state/inspection.ts';
import type { JobsState } from '../../state/jobs.ts';
import type { KvState } from '../../state/kv-store.ts';
import type { RecipesState } from '../../state/recipes-store.ts';
import type { SearchingState } from '../../state/searching-store.ts';
import type { Settings } from '../../state/settings.ts';
import type { SupernetState } from '../../state/supernet-store.ts';
import type { TrainingState } from '../../state/training-store.ts';
import type { ViewState } from '../../state/view.ts';

/** A part of a store; the component is drawn again when that part changes. */
export const useDocument = <T>(app: App, select: (state: DocumentState) => T): T => useStore(app.document, select);
export const useView = <T>(app: App, select: (state: ViewState) => T): T => useStore(app.view, select);
export const useCompare = <T>(app: App, select: (state: CompareState) => T): T => useStore(app.compare, select);
export const useAccuracy = <T>(app: App, select: (state: AccuracyState) => T): T => useStore(app.accuracy, select);
export const useTraining = <T>(app: App, select: (state: TrainingState) => T): T => useStore(app.training, select);
export const useSearching = <T>(app: App, select: (state: SearchingState) => T): T => useStore(app.searching, select);
export const useSupernet = <T>(app: App, select: (state: SupernetState) => T): T => useStore(app.supernet, select);
export const useKv = <T>(app: App, select: (state: KvState) => T): T => useStore(app.kv, select);
export const useRecipes = <T>(app: App, select: (state: RecipesState) => T): T => useStore(app.recipes, select);
export const useDevices = <T>(app: App, select: (state: DevicesState) => T): T => useStore(app.devices, select);
export const useJobs = <T>(app: App, select: (state: JobsState) => T): T => useStore(app.jobs, useShallow(select));
export const useSettings = <T>(app: App, select: (settings: Settings) => T): T =>
  useStore(app.settings, (state) => select(state.settings));
export const useInspection = <T>(app: App, select: (state: InspectionState) => T): T =>
  useStore(app.inspection, select);
/** For selections that make a new object each time: compared part by part. */
export const usePart = <S, T>(store: StoreApi<S>, select: (state: S) => T): T => useStore(store, useShallow(select));
