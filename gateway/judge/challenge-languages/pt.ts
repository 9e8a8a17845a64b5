/** Portuguese. */
import { type Language, minutes, wordList } from "./language.ts";

export const portuguese: Language = {
  tag: "pt",
  title: "Confirme que é você",
  why: "O modo como esta sessão é usada mudou. A sua área de trabalho está segura e espera; nada do que digitar agora chega até ela.",
  away: "Não havia ninguém nesta sessão há algum tempo. A sua área de trabalho está segura e espera; nada do que digitar agora chega até ela.",
  code: "Digite o código de 6 algarismos do seu aplicativo autenticador.",
  passkey: "Abra este endereço no seu telefone, ou leia o código, e confirme com a sua chave de acesso.",
  phrase: "Digite estas palavras do modo como sempre digita.",
  operator: "A sua equipe de segurança foi chamada a ver esta sessão. Não há nada a digitar; aguarde, por favor.",
  codeHint: "Enter confirma, Esc apaga",
  passkeyHint: "Não há nada a digitar aqui; o resto vem sozinho",
  phraseHint: "Backspace corrige, Esc apaga",
  waitHint: "À espera da sua equipe de segurança",
  wrongCode: "Esse código não está certo. Cada código vale uma vez; espere pelo próximo.",
  otherPhrase: "Não foi reconhecido. Aqui estão outras palavras; não tenha pressa.",
  moreWords: "Quase lá: mais algumas palavras, por favor.",
  unlikeWord: "Uma palavra difere da pedida: volte com Backspace.",
  step: (at, of) => `Passo ${at} de ${of}`,
  attempts: (left) => (left === 1 ? "última tentativa" : `restam ${left} tentativas`),
  time: (seconds) => `restam ${minutes(seconds)}`,
  words: wordList(`
    abrir acima acordo agora ainda alegre algo algum alto altura amar ambos amigo amor andar animal ano antes
    apenas apoio aquele aqui arte assim assunto atender azul baixo banco barco base bastante beber bem boca bola bom
    bosque branco breve busca cabelo cada cair caixa calor cama caminho campo cantar cara carta casa causa cedo cem
    centro cerca certo chave chegar cheio chuva cidade cima cinco claro coisa com comer como compra conta contra cor
    corpo correr corte costa cozinha criar cuidado curto dado dar dedo deixar dela dele dentro depois desde deste
    dever dez dia dinheiro direito disso dizer dois dono dormir doze durante ela ele entrar entre enviar era erro
    escola escrever espelho esperar essa esse estar este estilo exemplo face falar falta favor fazer fechar
    feira feliz festa ficar filho filme fim final fino flor fogo folha fome fonte fora forma forte frente frio fruta
    fundo futuro ganhar gente gosto grande grupo guarda hoje homem hora ideia igual ilha imagem inteiro
    inverno jamais janela jardim jogar jogo jornal jovem junto justo lado lago largo leite lento ler letra leve
    limpo lindo linha lista livre livro logo longe longo loja lua lugar luz madeira mais mal mapa mar marca
    mas medo meia meio melhor menino menor menos mente mercado mesa mesmo metade metro meu mil minha minuto moda
    modo momento montar monte morar motivo mover muito mulher mundo muro museu nada nascer nem neve 
    noite nome norte nossa nosso nota nove novo nunca obra oeste oito olhar olho onde ontem onze ordem orelha origem
    ouro outro ouvir pagar pai palavra papel par parar parede parte passar passo paz pedir pedra pegar peixe pele
    pensar pequeno perder perna perto pesar pessoa piano pobre poder pois ponte ponto por porta porque posse pouco
    praia prato prazo presente primo pronto quadro qual quando quanto quarto quase quatro que quem quente rapaz rede
    rei resto rico rio riso roda rosa rosto rua saber sair sal salto santo seco seis sem semana sempre sentir ser
    sete sexta sinal sobre sol solo som sombra sonho sorte subir sul tal talvez tanto tarde tema tempo ter
    terra teto texto tinta tirar tocar todo tomar torre trazer triste tronco tudo uma unir usar vale valor
    vaso vela velho vender vento ver verde vermelho vez viagem vida vinho vinte vir visita vista viver voar volta
    voltar voz zona
  `),
};
