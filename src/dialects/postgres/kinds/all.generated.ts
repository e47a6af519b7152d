// Written by tools/gen.mjs; do not edit.

import type { Kind } from "../kind.ts";
import { kind as addCheck } from "./add-check.ts";
import { kind as addColumn } from "./add-column.ts";
import { kind as addExclusion } from "./add-exclusion.ts";
import { kind as addForeignKey } from "./add-foreign-key.ts";
import { kind as addIdentity } from "./add-identity.ts";
import { kind as addInherit } from "./add-inherit.ts";
import { kind as addNotNull } from "./add-not-null.ts";
import { kind as addPrimaryKey } from "./add-primary-key.ts";
import { kind as addUnique } from "./add-unique.ts";
import { kind as alterBaseType } from "./alter-base-type.ts";
import { kind as alterColumnType } from "./alter-column-type.ts";
import { kind as alterCompositeType } from "./alter-composite-type.ts";
import { kind as alterConstraint } from "./alter-constraint.ts";
import { kind as alterDatabase } from "./alter-database.ts";
import { kind as alterDefaultPrivileges } from "./alter-default-privileges.ts";
import { kind as alterDomain } from "./alter-domain.ts";
import { kind as alterEnumAddValue } from "./alter-enum-add-value.ts";
import { kind as alterEnumRenameValue } from "./alter-enum-rename-value.ts";
import { kind as alterEventTrigger } from "./alter-event-trigger.ts";
import { kind as alterExtension } from "./alter-extension.ts";
import { kind as alterExtensionContents } from "./alter-extension-contents.ts";
import { kind as alterForeign } from "./alter-foreign.ts";
import { kind as alterFunction } from "./alter-function.ts";
import { kind as alterIdentity } from "./alter-identity.ts";
import { kind as alterOperator } from "./alter-operator.ts";
import { kind as alterOperatorFamily } from "./alter-operator-family.ts";
import { kind as alterPolicy } from "./alter-policy.ts";
import { kind as alterPublication } from "./alter-publication.ts";
import { kind as alterRole } from "./alter-role.ts";
import { kind as alterSequence } from "./alter-sequence.ts";
import { kind as alterSettings } from "./alter-settings.ts";
import { kind as alterStatistics } from "./alter-statistics.ts";
import { kind as alterSubscription } from "./alter-subscription.ts";
import { kind as alterSystem } from "./alter-system.ts";
import { kind as alterTablespace } from "./alter-tablespace.ts";
import { kind as alterTextSearchConfiguration } from "./alter-text-search-configuration.ts";
import { kind as alterTextSearchDictionary } from "./alter-text-search-dictionary.ts";
import { kind as analyze } from "./analyze.ts";
import { kind as attachPartition } from "./attach-partition.ts";
import { kind as call } from "./call.ts";
import { kind as checkpoint } from "./checkpoint.ts";
import { kind as cluster } from "./cluster.ts";
import { kind as clusterOn } from "./cluster-on.ts";
import { kind as comment } from "./comment.ts";
import { kind as copy } from "./copy.ts";
import { kind as createDatabase } from "./create-database.ts";
import { kind as createExtension } from "./create-extension.ts";
import { kind as createFunction } from "./create-function.ts";
import { kind as createIndex } from "./create-index.ts";
import { kind as createMaterializedView } from "./create-materialized-view.ts";
import { kind as createObject } from "./create-object.ts";
import { kind as createOperatorClass } from "./create-operator-class.ts";
import { kind as createPublication } from "./create-publication.ts";
import { kind as createRole } from "./create-role.ts";
import { kind as createSchema } from "./create-schema.ts";
import { kind as createSequence } from "./create-sequence.ts";
import { kind as createStatistics } from "./create-statistics.ts";
import { kind as createSubscription } from "./create-subscription.ts";
import { kind as createTable } from "./create-table.ts";
import { kind as createTableAs } from "./create-table-as.ts";
import { kind as createTablespace } from "./create-tablespace.ts";
import { kind as createTrigger } from "./create-trigger.ts";
import { kind as createType } from "./create-type.ts";
import { kind as createUserMapping } from "./create-user-mapping.ts";
import { kind as createView } from "./create-view.ts";
import { kind as defineObject } from "./define-object.ts";
import { kind as delete_ } from "./delete.ts";
import { kind as dependOnExtension } from "./depend-on-extension.ts";
import { kind as detachPartition } from "./detach-partition.ts";
import { kind as discard } from "./discard.ts";
import { kind as do_ } from "./do.ts";
import { kind as dropColumn } from "./drop-column.ts";
import { kind as dropConstraint } from "./drop-constraint.ts";
import { kind as dropDatabase } from "./drop-database.ts";
import { kind as dropDefault } from "./drop-default.ts";
import { kind as dropExpression } from "./drop-expression.ts";
import { kind as dropExtension } from "./drop-extension.ts";
import { kind as dropIdentity } from "./drop-identity.ts";
import { kind as dropIndex } from "./drop-index.ts";
import { kind as dropInherit } from "./drop-inherit.ts";
import { kind as dropNotNull } from "./drop-not-null.ts";
import { kind as dropObject } from "./drop-object.ts";
import { kind as dropOwned } from "./drop-owned.ts";
import { kind as dropRole } from "./drop-role.ts";
import { kind as dropSubscription } from "./drop-subscription.ts";
import { kind as dropTable } from "./drop-table.ts";
import { kind as dropTablespace } from "./drop-tablespace.ts";
import { kind as dropUserMapping } from "./drop-user-mapping.ts";
import { kind as enableRule } from "./enable-rule.ts";
import { kind as enableTrigger } from "./enable-trigger.ts";
import { kind as execute } from "./execute.ts";
import { kind as explain } from "./explain.ts";
import { kind as grant } from "./grant.ts";
import { kind as grantRole } from "./grant-role.ts";
import { kind as importForeignSchema } from "./import-foreign-schema.ts";
import { kind as insert } from "./insert.ts";
import { kind as listen } from "./listen.ts";
import { kind as lockTable } from "./lock-table.ts";
import { kind as merge } from "./merge.ts";
import { kind as moveTablespace } from "./move-tablespace.ts";
import { kind as objectOwnerTo } from "./object-owner-to.ts";
import { kind as ownerTo } from "./owner-to.ts";
import { kind as read } from "./read.ts";
import { kind as reassignOwned } from "./reassign-owned.ts";
import { kind as refreshCollation } from "./refresh-collation.ts";
import { kind as refreshMaterializedView } from "./refresh-materialized-view.ts";
import { kind as reindex } from "./reindex.ts";
import { kind as renameColumn } from "./rename-column.ts";
import { kind as renameConstraint } from "./rename-constraint.ts";
import { kind as renameIndex } from "./rename-index.ts";
import { kind as renameObject } from "./rename-object.ts";
import { kind as renameTable } from "./rename-table.ts";
import { kind as replicaIdentity } from "./replica-identity.ts";
import { kind as rowSecurity } from "./row-security.ts";
import { kind as securityLabel } from "./security-label.ts";
import { kind as select } from "./select.ts";
import { kind as selectInto } from "./select-into.ts";
import { kind as set } from "./set.ts";
import { kind as setAccessMethod } from "./set-access-method.ts";
import { kind as setColumnOptions } from "./set-column-options.ts";
import { kind as setCompression } from "./set-compression.ts";
import { kind as setDefault } from "./set-default.ts";
import { kind as setExpression } from "./set-expression.ts";
import { kind as setForeignOptions } from "./set-foreign-options.ts";
import { kind as setLogged } from "./set-logged.ts";
import { kind as setNotNull } from "./set-not-null.ts";
import { kind as setObjectSchema } from "./set-object-schema.ts";
import { kind as setOfType } from "./set-of-type.ts";
import { kind as setOptions } from "./set-options.ts";
import { kind as setSequence } from "./set-sequence.ts";
import { kind as setStatistics } from "./set-statistics.ts";
import { kind as setStorage } from "./set-storage.ts";
import { kind as setTableSchema } from "./set-table-schema.ts";
import { kind as setTablespace } from "./set-tablespace.ts";
import { kind as setWithoutOids } from "./set-without-oids.ts";
import { kind as transaction } from "./transaction.ts";
import { kind as truncate } from "./truncate.ts";
import { kind as update } from "./update.ts";
import { kind as vacuum } from "./vacuum.ts";
import { kind as validateConstraint } from "./validate-constraint.ts";

export const kinds: readonly Kind[] = [
  addCheck,
  addColumn,
  addExclusion,
  addForeignKey,
  addIdentity,
  addInherit,
  addNotNull,
  addPrimaryKey,
  addUnique,
  alterBaseType,
  alterColumnType,
  alterCompositeType,
  alterConstraint,
  alterDatabase,
  alterDefaultPrivileges,
  alterDomain,
  alterEnumAddValue,
  alterEnumRenameValue,
  alterEventTrigger,
  alterExtension,
  alterExtensionContents,
  alterForeign,
  alterFunction,
  alterIdentity,
  alterOperator,
  alterOperatorFamily,
  alterPolicy,
  alterPublication,
  alterRole,
  alterSequence,
  alterSettings,
  alterStatistics,
  alterSubscription,
  alterSystem,
  alterTablespace,
  alterTextSearchConfiguration,
  alterTextSearchDictionary,
  analyze,
  attachPartition,
  call,
  checkpoint,
  cluster,
  clusterOn,
  comment,
  copy,
  createDatabase,
  createExtension,
  createFunction,
  createIndex,
  createMaterializedView,
  createObject,
  createOperatorClass,
  createPublication,
  createRole,
  createSchema,
  createSequence,
  createStatistics,
  createSubscription,
  createTable,
  createTableAs,
  createTablespace,
  createTrigger,
  createType,
  createUserMapping,
  createView,
  defineObject,
  delete_,
  dependOnExtension,
  detachPartition,
  discard,
  do_,
  dropColumn,
  dropConstraint,
  dropDatabase,
  dropDefault,
  dropExpression,
  dropExtension,
  dropIdentity,
  dropIndex,
  dropInherit,
  dropNotNull,
  dropObject,
  dropOwned,
  dropRole,
  dropSubscription,
  dropTable,
  dropTablespace,
  dropUserMapping,
  enableRule,
  enableTrigger,
  execute,
  explain,
  grant,
  grantRole,
  importForeignSchema,
  insert,
  listen,
  lockTable,
  merge,
  moveTablespace,
  objectOwnerTo,
  ownerTo,
  read,
  reassignOwned,
  refreshCollation,
  refreshMaterializedView,
  reindex,
  renameColumn,
  renameConstraint,
  renameIndex,
  renameObject,
  renameTable,
  replicaIdentity,
  rowSecurity,
  securityLabel,
  select,
  selectInto,
  set,
  setAccessMethod,
  setColumnOptions,
  setCompression,
  setDefault,
  setExpression,
  setForeignOptions,
  setLogged,
  setNotNull,
  setObjectSchema,
  setOfType,
  setOptions,
  setSequence,
  setStatistics,
  setStorage,
  setTableSchema,
  setTablespace,
  setWithoutOids,
  transaction,
  truncate,
  update,
  vacuum,
  validateConstraint,
];
