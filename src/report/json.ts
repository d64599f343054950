import type { ReportData } from './types.ts';

/** The report's data as a file; numbers that JSON does not know (an infinite error) become null. */
export const renderJson = (data: ReportData): string => `${JSON.stringify(data, null, 2)}\n`;
