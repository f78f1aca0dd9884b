export type { Table, Warehouse } from './warehouse.ts'
