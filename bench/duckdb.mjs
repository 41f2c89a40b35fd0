// Runs queries in DuckDB for bench/run, which writes commands to its standard input, a line each, the arguments between
// tabs, and reads a line for each from its standard output: ok or error, and what there is to say.
//
//   node duckdb.mjs DIRECTORY_OF_PACKAGES DATABASE_FILE

import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'

const [packages, database] = process.argv.slice(2)
const { DuckDBInstance } = createRequire(resolve(packages) + '/')('@duckdb/node-api')
const connection = await (await DuckDBInstance.create(database)).connect()

async function query(file, threads) {
  await connection.run(`SET threads = ${threads}`)
  const sql = readFileSync(file, 'utf8')
  const start = performance.now()
  const result = await connection.runAndReadAll(sql)
  return { milliseconds: performance.now() - start, result }
}

// DuckDB's values print as PostgreSQL's do: decimals with all their digits, dates as ISO 8601 has them
const csvField = (value) => (value === null ? '' : `"${String(value).replaceAll('"', '""')}"`)

const commands = {
  async version() {
    return (await connection.runAndReadAll('SELECT version()')).getRows()[0][0]
  },
  async load(table, columns, file) {
    await connection.run(`CREATE TABLE ${table} (${columns})`)
    await connection.run(`COPY ${table} FROM '${file}' (FORMAT csv, HEADER false)`)
    await connection.run('CHECKPOINT')
  },
  async figures(file, threads, output) {
    const { result } = await query(file, threads)
    writeFileSync(output, result.getRows().map((row) => row.map(csvField).join() + '\n').join(''))
  },
  async time(file, threads) {
    return (await query(file, threads)).milliseconds.toFixed(3)
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const [command, ...args] = line.split('\t')
  try {
    console.log(`ok\t${(await commands[command](...args)) ?? ''}`)
  } catch (error) {
    console.log(`error\t${String(error.message).replace(/\s+/g, ' ')}`)
  }
}
