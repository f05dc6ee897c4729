// Étape 2 : rejouer sans doubler.
// Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.

package cantine

import (
	"context"
	"crypto/rand"
	"fmt"
	"io/fs"
	"time"

	"github.com/redis/go-redis/v9"
)

// Debit est ce que devient un débit (« done », « again », « short », « unknown ») et le solde de la carte.
type Debit struct {
	Outcome string
	Left    int64
}

// #region debit

// memory : un jour, bien plus que l'appelant le plus patient.
const memory = 24 * time.Hour

// debitOnce débite une carte pour un passage ; le rejouer rend la première réponse. Run redit le script oublié.
func debitOnce(ctx context.Context, client *redis.Client, script *redis.Script, card string, cents int64, passage string) (Debit, error) {
	keys := []string{cardKey(card), fmt.Sprintf("passage:{%s}:%s", card, passage)}
	reply, err := script.Run(ctx, client, keys, cents, memory.Milliseconds()).Slice()
	if err != nil {
		return Debit{}, err
	}
	outcome, _ := reply[0].(string)
	left, _ := reply[1].(int64)
	return Debit{outcome, left}, nil
}

// #endregion debit

// NewPassage tire le nom d'un passage, avant le premier essai.
func NewPassage() string { return rand.Text() }

// LoadScript lit debit.lua dans un dossier de scripts, embarqué ou non.
func LoadScript(scripts fs.FS) (*redis.Script, error) {
	source, err := fs.ReadFile(scripts, "debit.lua")
	if err != nil {
		return nil, err
	}
	return redis.NewScript(string(source)), nil
}

// #region cantine

// PatientCanteen rejoue : les lectures parce qu'elles sont sans effet, le débit parce qu'il a un nom.
type PatientCanteen struct {
	Client   *redis.Client
	Script   *redis.Script
	Patience Patience
}

// Menu rend le menu d'un jour ; vide s'il n'y en a pas.
func (canteen PatientCanteen) Menu(ctx context.Context, day string) (map[string]string, error) {
	return Retry(ctx, canteen.Patience, Replay{Repeatable: true}, func(ctx context.Context) (map[string]string, error) {
		return canteen.Client.HGetAll(ctx, menuKey(day)).Result()
	})
}

// Debit débite une carte pour un passage, tiré par NewPassage ou gardé d'un échec précédent.
func (canteen PatientCanteen) Debit(ctx context.Context, card string, cents int64, passage string) (Debit, error) {
	return Retry(ctx, canteen.Patience, Replay{Repeatable: true}, func(ctx context.Context) (Debit, error) {
		return debitOnce(ctx, canteen.Client, canteen.Script, card, cents, passage)
	})
}

// Tip n'a pas de nom, donc n'est rejoué que si rien n'a pu être exécuté.
func (canteen PatientCanteen) Tip(ctx context.Context, cents int64) (int64, error) {
	return Retry(ctx, canteen.Patience, Replay{}, func(ctx context.Context) (int64, error) {
		return canteen.Client.IncrBy(ctx, "pourboires", cents).Result()
	})
}

// #endregion cantine
