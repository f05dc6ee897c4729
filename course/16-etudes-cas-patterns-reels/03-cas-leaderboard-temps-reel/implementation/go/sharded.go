// Étape 2 : un classement trop chaud pour un seul nœud, réparti par joueur.
// Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.

package leaderboard

import (
	"context"
	"crypto/sha1"
	"encoding/binary"
	"errors"
	"fmt"
	"sort"

	"github.com/redis/go-redis/v9"
)

// ShardedBoard est un classement en plusieurs parts : écrire en touche une, lire les touche toutes.
type ShardedBoard struct {
	client redis.UniversalClient
	keys   []string
}

// NewShardedBoard nomme les parts ; l'accolade donne à chacune son slot, donc peut-être son nœud.
func NewShardedBoard(client redis.UniversalClient, board string, shards int) *ShardedBoard {
	made := &ShardedBoard{client: client}
	for shard := range shards {
		made.keys = append(made.keys, fmt.Sprintf("lb:{%s:%d}", board, shard))
	}
	return made
}

// #region repartir

// KeyOf est la part d'un joueur : toujours la même, et les joueurs s'y répartissent également.
func (board *ShardedBoard) KeyOf(player string) string {
	digest := sha1.Sum([]byte(player))
	return board.keys[binary.BigEndian.Uint32(digest[:4])%uint32(len(board.keys))]
}

// Submit retient le meilleur score, sur une seule part.
func (board *ShardedBoard) Submit(ctx context.Context, player string, points, second int64) (bool, error) {
	score, err := ScoreOf(points, second)
	if err != nil {
		return false, err
	}
	best := redis.ZAddArgs{GT: true, Ch: true, Members: []redis.Z{{Score: score, Member: player}}}
	changed, err := board.client.ZAddArgs(ctx, board.KeyOf(player), best).Result()
	return changed == 1, err
}

// Top rend les `count` premiers : il faut en demander autant à chaque part, car tous peuvent être sur la même.
func (board *ShardedBoard) Top(ctx context.Context, count int64) ([]Line, error) {
	tops := make([]*redis.ZSliceCmd, len(board.keys))
	_, err := board.client.Pipelined(ctx, func(reading redis.Pipeliner) error {
		for n, key := range board.keys {
			tops[n] = reading.ZRevRangeWithScores(ctx, key, 0, count-1)
		}
		return nil
	})
	merged := []redis.Z{}
	for _, top := range tops {
		merged = append(merged, top.Val()...)
	}
	sort.SliceStable(merged, func(i, j int) bool { return merged[i].Score > merged[j].Score })
	return lines(merged[:min(int(count), len(merged))], 0, PointsOf), err
}

// RankOf compte, dans toutes les parts, qui a un score plus haut. Exact si personne ne joue entre les réponses.
func (board *ShardedBoard) RankOf(ctx context.Context, player string) (Line, error) {
	score, err := board.client.ZScore(ctx, board.KeyOf(player), player).Result()
	if errors.Is(err, redis.Nil) {
		return Line{Player: player}, nil
	}
	above := make([]*redis.IntCmd, len(board.keys))
	_, err = board.client.Pipelined(ctx, func(reading redis.Pipeliner) error {
		for n, key := range board.keys {
			above[n] = reading.ZCount(ctx, key, fmt.Sprintf("(%.0f", score), "+inf")
		}
		return nil
	})
	line := Line{1, player, PointsOf(score)}
	for _, count := range above {
		line.Rank += count.Val()
	}
	return line, err
}

// #endregion repartir
