// Un budget de rejeux : une part du trafic, pour que les rejeux n'achèvent pas un serveur surchargé.
// Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.

package cantine

import "sync"

// #region budget

// RetryBudget : chaque appel verse une fraction d'essai, chaque rejeu en coûte un entier.
type RetryBudget struct {
	share, reserve float64
	lock           sync.Mutex
	credit         float64
}

// NewRetryBudget : `share` rejeux permis par appel, `reserve` que l'on peut dépenser d'un coup.
func NewRetryBudget(share, reserve float64) *RetryBudget {
	return &RetryBudget{share: share, reserve: reserve, credit: reserve}
}

// Earn verse la part d'un appel.
func (budget *RetryBudget) Earn() {
	budget.lock.Lock()
	defer budget.lock.Unlock()
	budget.credit = min(budget.reserve, budget.credit+budget.share)
}

// Spend dit si un rejeu est permis, et le décompte.
func (budget *RetryBudget) Spend() bool {
	budget.lock.Lock()
	defer budget.lock.Unlock()
	if budget.credit < 1 {
		return false
	}
	budget.credit--
	return true
}

// #endregion budget
